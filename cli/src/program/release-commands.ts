// Commands that decide who gets which bundle.

import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { type Command, Option } from 'commander';
import { withOverride } from '../commands/override-freeze.ts';
import { addSettingFlags } from '../settings/flags.ts';
import type { AddCommand } from './add-command.ts';

export function addReleaseCommands(program: Command, addCommand: AddCommand): void {
  const channel = program.command('channel').description('channels: which devices get which bundle');
  const code = () => import('../commands/channel.ts');
  const add = addCommand(channel, 'add <name> [appId]', 'create a channel', async () => (await code()).addChannel);
  addSettingFlags(add.alias('a'), channelSettings);
  addCommand(channel, 'list [appId]', 'list channels', async () => (await code()).listChannels).alias('l');
  addCommand(channel, 'show <name> [appId]', 'what a channel is set to', async () => (await code()).showChannel);
  addCommand(channel, 'delete <name> [appId]', 'delete a channel', async () => (await code()).deleteChannel)
    .alias('d')
    .option('--delete-bundle', 'delete its bundle too')
    .option('--success-if-not-found', 'succeed when there is no such channel');
  addCommand(
    channel,
    'current <name> [appId]',
    'print the bundle a channel serves',
    async () => (await code()).showCurrentBundle,
  ).alias('currentBundle');
  addSetCommand(channel, addCommand);
  addRolloutCommands(program, addCommand);
  const release = program.command('release').description('what channels served, and what became of it on devices');
  addRecordCommands(program, release, addCommand);
  addPlanCommands(release, addCommand);
  addOutcomeCommands(release, addCommand);
  addRehearsalCommands(program, addCommand);
  addSimulateCommand(program, addCommand);
}

function addOutcomeCommands(release: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/release-outcomes.ts');
  const filtered = (command: Command) =>
    command
      .option('-b, --bundle <version>', 'only this bundle')
      .option('-c, --channel <name>', 'only this channel')
      .addOption(new Option('--platform <name>', 'only this platform').choices(['ios', 'android', 'electron']))
      .option('--native <version>', 'only this native version')
      .addOption(
        new Option('--builds <kind>', 'which builds of the app')
          .choices(['production', 'test', 'all'])
          .default('production'),
      );
  filtered(addCommand(release, 'watch [appId]', 'live', async () => (await code()).watchRelease));
  filtered(addCommand(release, 'outcomes [appId]', 'as it is now', async () => (await code()).showOutcomes));
  filtered(addCommand(release, 'failures [appId]', 'what fails most', async () => (await code()).showFailures)).option(
    '--days <count>',
    'of so many days',
    '1',
  );
}

function addRecordCommands(program: Command, release: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/release-record.ts');
  addCommand(release, 'list [appId]', 'newest first', async () => (await code()).listReleases)
    .alias('l')
    .option('-c, --channel <name>', 'of this channel only');
  addCommand(release, 'show <id> [appId]', 'one, with what its guard knows', async () => (await code()).showRelease);
  addCommand(
    release,
    'stop <id> [appId]',
    'offer it to nobody new; who runs it keeps it',
    async () => (await code()).stopRelease,
  );
  addCommand(
    release,
    'signal <id> <name> <value> [appId]',
    'a number from outside: beyond its bound the guard acts',
    async () => (await code()).sendSignal,
  )
    .option('--above <bound>', 'it is bad above this bound')
    .option('--below <bound>', 'it is bad below this bound');
  withOverride(
    addCommand(release, 'keep <id> [appId]', 'go on with what was stopped', async () => (await code()).keepRelease),
  );
  addCommand(
    release,
    'take-back <id> [appId]',
    'take it from everybody who runs it',
    async () => (await code()).takeReleaseBack,
  );
  addWithheldCommands(release, addCommand);
  addPolledCommands(release, addCommand);
  addCommand(
    program,
    'rollback <channel> [appId]',
    'return a channel to the release that was kept last',
    async () => (await code()).rollBackChannel,
  );
}

function addPlanCommands(release: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/release-plan.ts');
  const start = addCommand(
    release,
    'start <channel> <version> [appId]',
    'release a bundle step by step, by a plan',
    async () => (await code()).startRelease,
  );
  withOverride(start).option('--plan <plan>', 'careful, fast, at-once, or a file of JSON or YAML', 'careful');
  addCommand(release, 'pause <id> [appId]', 'its plan takes no step', async () => (await code()).pausePlan);
  addCommand(release, 'resume <id> [appId]', 'its plan goes on', async () => (await code()).resumePlan);
  const next = 'the next step of its plan now, whatever it waits for';
  withOverride(addCommand(release, 'next <id> [appId]', next, async () => (await code()).takeNextStep));
  const everybody = 'everybody now, past its plan';
  withOverride(addCommand(release, 'finish <id> [appId]', everybody, async () => (await code()).finishPlan));
}

function addWithheldCommands(release: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/release-withheld.ts');
  addCommand(
    release,
    'withheld [appId]',
    'where bundles are offered to nobody because they failed there',
    async () => (await code()).listWithheld,
  );
  addCommand(release, 'lift <id> [appId]', 'offer a bundle there again', async () => (await code()).liftWithheld);
}

function addPolledCommands(release: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/polled.ts');
  addCommand(
    release,
    'poll <channel> <name> <url> [appId]',
    'let the server ask an address for a number: beyond its bound the guard acts',
    async () => (await code()).pollNumber,
  )
    .option('--above <bound>', 'it is bad above this bound')
    .option('--below <bound>', 'it is bad below this bound')
    .option('--every <seconds>', 'how often, 60 at least; 300 when absent');
  addCommand(release, 'polled [appId]', 'the numbers that are polled', async () => (await code()).listPolled);
  addCommand(
    release,
    'unpoll <channel> <name> [appId]',
    'stop asking for a number',
    async () => (await code()).unpollNumber,
  );
}

function addRehearsalCommands(program: Command, addCommand: AddCommand): void {
  const code = () => import('../commands/rehearse.ts');
  const rehearse = addCommand(
    program,
    'rehearse <channel> [appId]',
    'who would move if a channel were changed; nothing is',
    async () => (await code()).rehearse,
  )
    .option('-b, --bundle <version>', 'serve this bundle')
    .option('--percent <share>', 'to so many devices only: a rollout')
    .option('--pause', 'pause the rollout')
    .option('--resume', 'go on with the rollout')
    .option('--finish', 'give the rollout bundle to everybody')
    .option('--rollback', 'return to the release that was kept last')
    .option('--delete', 'delete the channel')
    .option('--replay <time>', 'say by hour when the checks of so long would have met it, for example 24h')
    .option('--prepare', 'keep the change for overair commit');
  addSettingFlags(rehearse, channelSettings);
  addCommand(program, 'commit <token>', 'make a change as it was reviewed', async () => (await code()).commit)
    .requiredOption('--expected <time>', 'expected_updated_at of the prepared change, or "none"')
    .option('--idempotency-key <text>', 'who repeats it makes the change once; follows from the token when absent');
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
  withOverride(addCommand(rollout, 'start <channel> [appId]', 'begin', async () => (await code()).startRollout))
    .requiredOption('-b, --bundle <version>', 'the new bundle')
    .option('--percent <share>', 'share of devices, 0 to 100', '5')
    .option('--stop-at <percent>', 'stop by itself at this share of failed updates')
    .addOption(
      new Option('--stop-action <action>', 'what stopping means').choices(channelSettings.auto_pause_action.values),
    );
  const grow = 'grow <channel> <percent> [appId]';
  withOverride(addCommand(rollout, grow, 'change the share', async () => (await code()).growRollout));
  addCommand(rollout, 'pause <channel> [appId]', 'give it to nobody new', async () => (await code()).pauseRollout);
  withOverride(addCommand(rollout, 'resume <channel> [appId]', 'go on', async () => (await code()).resumeRollout));
  addCommand(rollout, 'rollback <channel> [appId]', 'take it back from everybody', async () => (await code()).rollBack);
  const finish = 'finish <channel> [appId]';
  withOverride(addCommand(rollout, finish, 'give it to everybody', async () => (await code()).finishRollout));
  addCommand(rollout, 'show <channel> [appId]', 'how it stands', async () => (await code()).showRollout);
}

function addSetCommand(channel: Command, addCommand: AddCommand): void {
  const set = withOverride(
    addCommand(
      channel,
      'set <name> [appId]',
      'change a channel',
      async () => (await import('../commands/channel.ts')).setChannel,
    ),
  )
    .alias('s')
    .option('-b, --bundle <version>', 'serve this bundle')
    .option('--latest', 'serve the version of this project')
    .option('--latest-remote', 'serve the newest bundle of the server')
    .addOption(new Option('-s, --state <state>', '--default in older words').choices(['default', 'normal']));
  addSettingFlags(set, channelSettings);
}
