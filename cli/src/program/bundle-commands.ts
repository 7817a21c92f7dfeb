// Commands about bundles: make, encrypt, upload, list, delete.

import { type Command, Option } from 'commander';
import { withOverride } from '../commands/override-freeze.ts';
import type { AddCommand } from './add-command.ts';

const NOTIFY = 'wake the phones of the channel by a silent push, so that they look for it now';

export function addBundleCommands(program: Command, addCommand: AddCommand): void {
  const bundle = program.command('bundle').description('bundles of an app');
  addZipCommand(bundle, addCommand);
  addCryptoCommands(bundle, addCommand);
  addUploadCommand(bundle, addCommand);
  addCommand(
    bundle,
    'list [appId]',
    'list bundles',
    async () => (await import('../commands/bundle-list.ts')).listBundles,
  ).alias('l');
  addCommand(
    bundle,
    'delete [bundle] [appId]',
    'delete a bundle',
    async () => (await import('../commands/bundle-list.ts')).deleteBundle,
  ).alias('d');
  addCommand(
    bundle,
    'diff <old> <new>',
    'what an update between two builds (zip or folder) costs a phone, and why',
    async () => (await import('../commands/bundle-diff.ts')).diffBundles,
  );
  addCommand(
    bundle,
    'compare <a> <b> [appId]',
    'two bundles on the server: files, bytes, native packages, outcomes at equal age, failures of one alone',
    async () => (await import('../commands/bundle-compare.ts')).compareBundles,
  );
  addCommand(
    bundle,
    'compatibility [appId]',
    'can phones on a channel run this project',
    async () => (await import('../commands/compatibility.ts')).checkCompatibility,
  )
    .requiredOption('-c, --channel <name>', 'channel to compare with')
    .option('--package-json <a,b>', 'package.json files to read')
    .option('--node-modules <a,b>', 'folders with the installed packages');
  addCommand(
    bundle,
    'cleanup [appId]',
    'delete old bundles that no channel serves or may return to',
    async () => (await import('../commands/bundle-cleanup.ts')).cleanUpBundles,
  )
    .alias('c')
    .option('-k, --keep <count>', 'how many of the newest stay', '4')
    .option('-b, --bundle <version>', 'look only at versions between this one and its next major')
    .option('-f, --force', 'do not ask');
  withOverride(
    addCommand(
      bundle,
      'promote <from> <to> [appId]',
      "serve one channel's bundle on another",
      async () => (await import('../commands/bundle-promote.ts')).promoteBundle,
    ),
  )
    .option('--rollout <percent>', 'begin with this share of its devices')
    .option('--notify', NOTIFY);
}

function addZipCommand(bundle: Command, addCommand: AddCommand): void {
  const zip = addCommand(
    bundle,
    'zip [appId]',
    'zip the web folder, reproducibly',
    async () => (await import('../commands/bundle-zip.ts')).zipBundle,
  );
  addContentOptions(zip)
    .option('-n, --name <file>', 'name of the zip')
    .addOption(new Option('-j', 'the same as --json').hideHelp())
    .addOption(new Option('--key-v2', 'accepted for older scripts').hideHelp());
}

function addCryptoCommands(bundle: Command, addCommand: AddCommand): void {
  addCommand(
    bundle,
    'encrypt [zip] [checksum]',
    'encrypt and sign a zip',
    async () => (await import('../commands/bundle-encrypt.ts')).encryptBundle,
  )
    .option('--key <file>', 'private key file')
    .option('--key-data <pem>', 'private key text');
  addCommand(
    bundle,
    'decrypt [zip] [ivSessionKey]',
    'decrypt a zip as a device does',
    async () => (await import('../commands/bundle-encrypt.ts')).decryptBundle,
  )
    .option('--key <file>', 'public key file')
    .option('--key-data <pem>', 'public key text')
    .option('--checksum <text>', 'verify the result by this checksum, clear or encrypted');
}

function addUploadCommand(bundle: Command, addCommand: AddCommand): void {
  const upload = addCommand(
    bundle,
    'upload [appId]',
    'zip, encrypt, upload and release',
    async () => (await import('../commands/bundle-upload.ts')).uploadBundle,
  );
  withOverride(addContentOptions(upload))
    .alias('u')
    .option('-c, --channel <a,b>', "channels that shall serve it; default: the app's upload channel")
    .option('--no-channel', 'upload only, release nowhere')
    .addOption(new Option('--bump [part]', 'take the next free version').choices(['major', 'minor', 'patch']))
    .option('--key <file>', 'private key file; without a key the bundle is not encrypted')
    .option('--key-data <pem>', 'private key text (or OVERAIR_PRIVATE_KEY)')
    .option('--no-key', 'do not encrypt even if there is a key')
    .option('--delta', 'upload single files too; default when the installed updater supports it')
    .option('--no-delta', 'upload the zip only')
    .option('--delta-only', 'upload single files only, no zip')
    .option('--disable-brotli', 'do not compress single files')
    .option('--stable-session', 'encrypt equal files equally, so that unchanged ones are not sent again')
    .option('--notify', NOTIFY)
    .option('--plan <plan>', 'release it step by step: careful, fast, at-once, or a file of JSON or YAML')
    .option('--self-assign', 'let devices choose the channel themselves')
    .option('--link <url>', 'where people read about it')
    .option('--comment <text>', 'what changed')
    .option('--no-version-check', 'take a version that the apps of this project would not take for an update')
    .option('--version-exists-ok', 'succeed when the version is there already')
    .option('--display-iv-session', 'show the session key');
  acceptAlias(upload, '--key-v2 <file>', 'key');
  acceptAlias(upload, '--key-data-v2 <pem>', 'keyData');
  acceptAlias(upload, '--partial', 'delta', true);
  acceptAlias(upload, '--partial-only', 'deltaOnly', true);
  acceptAlias(upload, '--auto-bump [part]', 'bump');
  upload
    .optionsGroup('Native code that phones need:')
    .option('--min-update-version <version>', 'oldest native version that can run it')
    .option('--auto-min-update-version', 'find that version by comparing native packages')
    .option('--accept-incompatible', 'upload even if it breaks phones')
    .option('--ignore-metadata-check', 'do not compare native packages')
    .option('--package-json <a,b>', 'package.json files to read')
    .option('--node-modules <a,b>', 'folders with the installed packages');
  upload
    .optionsGroup('Bundles on your own storage:')
    .option('-e, --external <url>', 'register this https address instead of uploading')
    .option('--checksum <sha256>', 'of the clear bundle')
    .option('--iv-session-key <text>', 'session key of the encrypted bundle')
    .option('--encrypted-checksum <text>', 'encrypted checksum, 512 hex')
    .option('--encrypted-checksum-v2 <text>', 'encrypted checksum for older plugins, 344 base64');
}

/** A name that other tools use: scripts go on working, help shows one way. */
function acceptAlias(command: Command, flags: string, option: string, value?: unknown): void {
  const alias = new Option(flags).hideHelp();
  command.addOption(alias);
  command.on(`option:${alias.name()}`, (given: unknown) => command.setOptionValue(option, value ?? given ?? true));
}

function addContentOptions(command: Command): Command {
  return command
    .option('-p, --path <folder>', 'web folder; default: webDir of the Capacitor config')
    .option('-b, --bundle <version>', 'version; default: that of package.json')
    .option('--compare <bundle>', 'zip or folder of the bundle that phones run; default: the last upload from here')
    .option('--no-advice', 'do not say what the update costs a phone')
    .option('--no-code-check', 'do not look for index.html and notifyAppReady')
    .option('--ignore-notify-app-ready', 'do not look for notifyAppReady');
}
