// Commands that decide who gets which bundle.

import { type Command, Option } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addReleaseCommands(program: Command, addCommand: AddCommand): void {
  const channel = program.command('channel').description('channels: which devices get which bundle');
  addCommand(
    channel,
    'add <name> [appId]',
    'create a channel',
    async () => (await import('../commands/channel.ts')).addChannel,
  )
    .alias('a')
    .option('-d, --default', 'new devices follow it')
    .option('--self-assign', 'devices may choose it');
  addCommand(
    channel,
    'list [appId]',
    'list channels',
    async () => (await import('../commands/channel.ts')).listChannels,
  ).alias('l');
  addCommand(
    channel,
    'delete <name> [appId]',
    'delete a channel',
    async () => (await import('../commands/channel.ts')).deleteChannel,
  )
    .alias('d')
    .option('--delete-bundle', 'delete its bundle too')
    .option('--success-if-not-found', 'succeed when there is no such channel');
  addCommand(
    channel,
    'current <name> [appId]',
    'print the bundle a channel serves',
    async () => (await import('../commands/channel.ts')).showCurrentBundle,
  ).alias('currentBundle');
  addSetCommand(channel, addCommand);
  addRolloutCommands(program, addCommand);
  addSimulateCommand(program, addCommand);
}

function addSimulateCommand(program: Command, addCommand: AddCommand): void {
  addCommand(
    program,
    'simulate',
    'what guard and ramp would do with good and bad bundles in a fleet like yours; asks no server',
    async () => (await import('../commands/simulate.ts')).simulate,
  )
    .option('--devices <n>', 'size of the fleet', '10000')
    .option('--plan <plan>', 'careful, fast, at-once, or a file of JSON or YAML', 'careful')
    .option('--failing <percents>', 'bundles that do not start on so many devices', '0.5,2,5,30')
    .option('--releases <n>', 'how many releases of each kind', '100')
    .option('--seed <n>', 'the same seed gives the same releases', '1')
    .option('--network-fault', 'for two hours, 40 % of all downloads fail')
    .option('--strangers <n>', 'devices that somebody invents behind one address to have the release stopped');
}

function addRolloutCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/rollout.ts');
  const rollout = program.command('rollout').description('a new bundle for a growing share of devices');
  addCommand(rollout, 'start <channel> [appId]', 'begin', async () => (await code()).startRollout)
    .requiredOption('-b, --bundle <version>', 'the new bundle')
    .option('--percent <share>', 'share of devices, 0 to 100', '5')
    .option('--stop-at <percent>', 'stop by itself at this share of failed updates')
    .addOption(new Option('--stop-action <action>', 'what stopping means').choices(['pause', 'rollback', 'notify']));
  addCommand(rollout, 'grow <channel> <percent> [appId]', 'change the share', async () => (await code()).growRollout);
  addCommand(rollout, 'pause <channel> [appId]', 'give it to nobody new', async () => (await code()).pauseRollout);
  addCommand(rollout, 'resume <channel> [appId]', 'go on', async () => (await code()).resumeRollout);
  addCommand(rollout, 'rollback <channel> [appId]', 'take it back from everybody', async () => (await code()).rollBack);
  addCommand(rollout, 'finish <channel> [appId]', 'give it to everybody', async () => (await code()).finishRollout);
  addCommand(rollout, 'show <channel> [appId]', 'how it stands', async () => (await code()).showRollout);
}

function addSetCommand(channel: Command, addCommand: AddCommand): void {
  const set = addCommand(
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
  set
    .addOption(
      new Option('--protected-by <right>', 'only who has this right may put bundles on it or change it').choices([
        'write',
        'admin',
        'super_admin',
        'nobody',
      ]),
    )
    .option('--protected-keys <ids>', 'API keys that may as well, by id');
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
