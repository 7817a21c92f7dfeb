// `overair init`: from a Capacitor project to its first bundle on the server. Each step looks at the state that is reached,
// not at what this run did, so that a second run does what is missing and nothing else.

import { stripVTControlCharacters } from 'node:util';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { checkUpdater, ensureConfig, ensureKey, ensureStartCall } from '../init/project-steps.ts';
import { findProvenCommand, nameOfProgram } from '../init/proven-command.ts';
import { chooseChannel, ensureApp, ensureChannel, otherUploadChannel, signIn } from '../init/server-steps.ts';
import { changed, type PlannedStep, type Step, takeSteps, unchanged } from '../init/step.ts';
import { ensureBundle } from '../init/upload-step.ts';
import { type CapacitorConfig, getCapacitorConfig } from '../project/capacitor-config.ts';
import { adviseAddresses } from '../project/device-address.ts';
import { listAll, type Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface InitOptions extends GlobalOptions {
  org?: string;
  browser?: boolean;
  /** Undefined keeps the channel that uploads go to. */
  channel?: string;
  mainFile?: string;
  /** Undefined asks. */
  sign?: boolean;
  upload?: boolean;
}

interface Progress {
  remote: Remote;
  channel: string;
  signed: boolean;
  publicPem?: string;
  bundle?: string;
}

export async function initProject(context: Context, options: InitOptions) {
  const config = await getAppConfig(context);
  const progress = {} as Progress;
  const steps = await takeSteps(context, planSteps(context, options, config, progress)).catch((error) => {
    throw error instanceof CliError && error.code === 'cancelled' ? stopped() : error;
  });
  const next = await nextSteps(context, steps);
  const proven = await findProvenCommand(context);
  sayEnd(context, steps, next, proven);
  const stateOf = (name: string) => steps.find(({ step }) => step === name)!.state;
  return {
    app_id: config.appId,
    server: progress.remote.connection.server,
    channel: progress.channel,
    signed: progress.signed,
    config_edited: stateOf('config') === 'changed',
    bundle: progress.bundle ?? null,
    changed: steps.some(({ state }) => state === 'changed'),
    steps: steps.map(withoutColours),
    next: [...next, proven].map(stripVTControlCharacters),
  };
}

async function getAppConfig(context: Context): Promise<CapacitorConfig & { appId: string }> {
  const config = await getCapacitorConfig(context.cwd);
  const { appId } = config;
  if (!appId) throw new CliError('missing_app_id', `${config.path} names no appId.`, { hint: 'Set appId there.' });
  if (config.capacitorFails) {
    context.ui.warn(`npx cap cannot read the config here: ${config.capacitorFails}. Mend that before npx cap sync.`);
  }
  return { ...config, appId };
}

function planSteps(
  context: Context,
  options: InitOptions,
  config: CapacitorConfig & { appId: string },
  progress: Progress,
): PlannedStep[] {
  const app_id = config.appId;
  const listChannels = () => listAll((page) => progress.remote.client.channels.list({ app_id, page }));
  return [
    {
      step: 'login',
      title: 'Server and key',
      run: async () => {
        const { loggedIn, remote } = await signIn(context, options);
        progress.remote = remote;
        return (loggedIn ? changed : unchanged)(`${style.path(remote.connection.server)} knows your key`);
      },
    },
    { step: 'app', title: 'App', run: () => ensureApp(context, progress.remote, config, options.org) },
    {
      step: 'channel',
      title: 'Channel',
      run: async () => {
        const [app, channels] = await Promise.all([progress.remote.client.apps.get(app_id), listChannels()]);
        progress.channel = chooseChannel(options.channel, app, channels);
        const other = await otherUploadChannel(context, config, progress.channel);
        if (other) context.ui.warn(`${other}: uploads that name no channel go there, not to ${progress.channel}.`);
        return ensureChannel(progress.remote, app, channels, progress.channel);
      },
    },
    {
      step: 'key',
      title: 'Signing key',
      run: async () => {
        const { publicPem, signed, ...outcome } = await ensureKey(context, config, options.sign);
        Object.assign(progress, { signed, publicPem });
        return outcome;
      },
    },
    {
      step: 'config',
      title: 'Capacitor config',
      run: async () => {
        const outcome = await ensureConfig(context, config, wantedSettings(progress, config));
        for (const advice of adviseAddresses(await getCapacitorConfig(context.cwd))) context.ui.warn(advice);
        return outcome;
      },
    },
    { step: 'updater', title: 'Updater plugin', run: () => checkUpdater(context) },
    {
      step: 'start_call',
      title: 'notifyAppReady()',
      run: () => ensureStartCall(context, config.webDir, options.mainFile),
    },
    {
      step: 'bundle',
      title: 'First bundle',
      run: async () => {
        const channel = (await listChannels()).find(({ name }) => name === progress.channel);
        const found = { name: progress.channel, version: channel?.version ?? null };
        const { bundle, ...outcome } = await ensureBundle(context, options, config.webDir, found);
        if (bundle) progress.bundle = bundle;
        return outcome;
      },
    },
  ];
}

function wantedSettings({ remote, publicPem }: Progress, config: CapacitorConfig) {
  const { server } = remote.connection;
  const own = config.updater.publicKey;
  return {
    updateUrl: `${server}/updates`,
    statsUrl: `${server}/stats`,
    channelUrl: `${server}/channel_self`,
    // The same key may be written in another way: with other line ends, or none at the end.
    ...(publicPem && !(typeof own === 'string' && own.trim()) ? { publicKey: publicPem } : {}),
  };
}

const withoutColours = ({ message, paste, ...step }: Step): Step => ({
  ...step,
  message: stripVTControlCharacters(message),
  ...(paste ? { paste: stripVTControlCharacters(paste) } : {}),
});

const stopped = () =>
  new CliError('cancelled', 'Cancelled. The steps before are done; overair init goes on from there.', {
    exitCode: 130,
  });

async function nextSteps(context: Context, steps: Step[]): Promise<string[]> {
  const open = steps.filter(({ state }) => state === 'todo').length;
  const program = await nameOfProgram(context);
  return [
    ...(open > 0 ? [`${open === 1 ? 'One thing is' : `${open} things are`} left to you: see ! above`] : []),
    `Build the web app, then ${style.command('npx cap sync')}, and run it: ${style.command('npx cap run ios')} or ${style.command('npx cap run android')}`,
    `Change something, build, ${style.command(`${program} bundle upload --bump`)}`,
    'Open the app, send it to the background, open it again: it runs the new bundle',
  ];
}

function sayEnd({ ui }: Context, steps: Step[], next: string[], proven: string): void {
  if (!steps.some(({ state }) => state === 'changed')) {
    const open = steps.some(({ state }) => state === 'todo');
    ui.say(open ? '\nNothing was changed.' : '\nNothing had to be changed.');
  }
  ui.say(`\n${style.heading('To see it on a phone')}`);
  for (const [index, step] of next.entries()) ui.say(`  ${index + 1}. ${step}`);
  ui.say('\nIf it does not, ask; this was tried just now, and works:');
  ui.say(style.command(proven));
}
