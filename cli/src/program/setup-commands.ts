// Commands that prepare: login, doctor, apps and keys.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { type Command, Option } from 'commander';
import { addSettingFlags } from '../settings/flags.ts';
import type { AddCommand } from './add-command.ts';

export function addSetupCommands(program: Command, addCommand: AddCommand): void {
  addCommand(
    program,
    'init',
    'connect a Capacitor project to a server, step by step',
    async () => (await import('../commands/init.ts')).initProject,
  )
    .option('-c, --channel <name>', 'the channel that uploads go to; default: the one they go to now, or production')
    .option('--org <id>', 'owning organization, if there are several')
    .option('--browser', 'approve in the browser instead of typing a key')
    .option('--main-file <file>', 'where notifyAppReady() belongs')
    .option('--sign', 'make a signing key')
    .option('--no-sign', 'make no signing key')
    .option('--upload', 'upload a first bundle')
    .option('--no-upload', 'upload nothing');
  addCommand(
    program,
    'login [apikey]',
    'remember a server and an API key',
    async () => (await import('../commands/login.ts')).login,
  )
    .option('--local', 'for this project only, hidden from git')
    .option('--browser', 'approve in the browser instead of typing a key')
    .addOption(
      new Option('--mode <mode>', 'what a key from the browser should be good for')
        .choices(['read', 'upload', 'write', 'all'])
        .default('write'),
    );
  addCommand(
    program,
    'attention [appId]',
    'does anything need you? 0: all is well, 2: something does, 1: nobody knows',
    async () => (await import('../commands/attention.ts')).showAttention,
  ).option('--acknowledge <id>', 'say that somebody looks after this matter');
  addCommand(
    program,
    'doctor',
    'check everything an update needs, and say how to mend it',
    async () => (await import('../commands/doctor.ts')).doctor,
  ).option('--fix', 'mend what can be mended safely');
  addCommand(
    program,
    'probe [appId]',
    'ask what a phone would ask, and explain the answer',
    async () => (await import('../commands/probe.ts')).probe,
  )
    .addOption(
      new Option('--platform <name>', 'which kind of phone').choices(['ios', 'android', 'electron']).default('android'),
    )
    .option('--native-version <version>', 'version of the installed app; default: that of this project')
    .option('--bundle <version>', "bundle that the phone runs; default: the store's")
    .option('--channel <name>', 'channel that the app names')
    .option('--device-id <uuid>', 'ask as this very phone');
  addAppCommands(program, addCommand);
  addKeyCommands(program, addCommand);
}

function addAppCommands(program: Command, addCommand: AddCommand): void {
  const app = program.command('app').description('apps on the server');
  addCommand(app, 'add [appId]', 'register an app', async () => (await import('../commands/app.ts')).addApp)
    .alias('a')
    .option('-n, --name <name>', 'name for people')
    .option('--org <id>', 'owning organization');
  addCommand(app, 'list', 'list apps', async () => (await import('../commands/app.ts')).listApps).alias('l');
  const set = addCommand(app, 'set [appId]', 'change an app', async () => (await import('../commands/app.ts')).setApp)
    .alias('s')
    .option('-n, --name <name>', 'name for people')
    .option('-r, --retention <days>', 'how long unused bundles are kept; 0: for ever');
  addSettingFlags(set, appSettings);
  addCommand(
    app,
    'delete [appId]',
    'delete an app and all it owns',
    async () => (await import('../commands/app.ts')).deleteApp,
  ).alias('d');
}

function addKeyCommands(program: Command, addCommand: AddCommand): void {
  const key = program.command('key').description('the key pair that signs and encrypts bundles');
  addCommand(
    key,
    'create',
    'make a key pair and put the public half into the app',
    async () => (await import('../commands/key.ts')).createKey,
  )
    .option('-f, --force', 'replace an existing pair')
    .option('--passphrase', 'protect the private key (asks, or OVERAIR_KEY_PASSPHRASE)')
    .option('--keychain', "the same, and keep the passphrase in the system's keychain")
    .option('--capacitor-config <file>', 'config file to edit');
  addCommand(
    key,
    'rotate',
    'change the key without losing phones',
    async () => (await import('../commands/key-rotate.ts')).rotateKey,
  )
    .option('-c, --channel <name>', 'the channel that apps follow', 'production')
    .option('--passphrase', 'protect the new private key')
    .option('--finish', 'stop serving the old key, and delete it');
  const check = () => import('../commands/key-check.ts');
  addCommand(key, 'save', 'put an existing public key into the app', async () => (await check()).saveKey)
    .option('--key <file>', 'public key file')
    .option('--key-data <pem>', 'public key text')
    .option('--capacitor-config <file>', 'config file to edit');
  addCommand(key, 'show-id', 'show which keys are here', async () => (await check()).showKeyId).option(
    '--key <file>',
    'private key file',
  );
  addCommand(key, 'verify', 'prove that private key and app belong together', async () => (await check()).verifyKey)
    .option('--key <file>', 'private key file')
    .option('--key-data <pem>', 'private key text');
}
