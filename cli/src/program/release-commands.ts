// Commands that decide who gets which bundle.

import { type Command, Option } from 'commander';
import type { Leaf } from '../program.ts';

export function addReleaseCommands(program: Command, leaf: Leaf): void {
  const channel = program.command('channel').description('channels: which devices get which bundle');
  leaf(
    channel,
    'add <name> [appId]',
    'create a channel',
    async () => (await import('../commands/channel.ts')).addChannel,
  )
    .alias('a')
    .option('-d, --default', 'new devices follow it')
    .option('--self-assign', 'devices may choose it');
  leaf(
    channel,
    'list [appId]',
    'list channels',
    async () => (await import('../commands/channel.ts')).listChannels,
  ).alias('l');
  leaf(
    channel,
    'delete <name> [appId]',
    'delete a channel',
    async () => (await import('../commands/channel.ts')).deleteChannel,
  )
    .alias('d')
    .option('--delete-bundle', 'delete its bundle too')
    .option('--success-if-not-found', 'succeed when there is no such channel');
  addSetCommand(channel, leaf);
}

function addSetCommand(channel: Command, leaf: Leaf): void {
  const set = leaf(
    channel,
    'set <name> [appId]',
    'change a channel',
    async () => (await import('../commands/channel.ts')).setChannel,
  )
    .alias('s')
    .option('-b, --bundle <version>', 'serve this bundle')
    .option('--latest', 'serve the version of this project')
    .option('--latest-remote', 'serve the newest bundle of the server')
    .option('--default', 'new devices follow it')
    .option('--no-default', 'new devices do not follow it')
    .addOption(new Option('-s, --state <state>', 'the same in older words').choices(['default', 'normal']))
    .addOption(
      new Option('--disable-auto-update <level>', 'hold back updates that cross this level').choices([
        'major',
        'minor',
        'patch',
        'metadata',
        'none',
      ]),
    )
    .addOption(
      new Option('--update-package <kind>', 'what devices may download').choices([
        'all',
        'zip',
        'delta',
        'zip_from_builtin',
        'delta_from_builtin',
      ]),
    );
  const switches = {
    downgrade: 'updates older than the native version',
    ios: 'iOS devices',
    android: 'Android devices',
    electron: 'Electron apps',
    'self-assign': 'devices choosing this channel',
    dev: 'development builds',
    prod: 'production builds',
    emulator: 'emulators',
    device: 'real devices',
  };
  for (const [name, what] of Object.entries(switches))
    set.option(`--${name}`, `allow ${what}`).option(`--no-${name}`, `refuse ${what}`);
}
