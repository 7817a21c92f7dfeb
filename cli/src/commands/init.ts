// `overair init`: from a Capacitor project to its first bundle on the server. Each step looks at the state that is reached,
// not at what this run did, so that a second run does what is missing and nothing else.

import { stripVTControlCharacters } from 'node:util';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { checkUpdater, ensureConfig, ensureKey, ensureStartCall } from '../init/project-steps.ts';
import { findProvenCommand, nameOfProgram } from '../init/proven-command.ts';
import { chooseChannel, ensureApp, ensureChannel, otherUploadChannel, signIn } from '../init/server-steps.ts';
import { changed, type Outcome, type PlannedStep, type Step, takeSteps, unchanged } from '../init/step.ts';
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

/** What the steps know, and leave to those after them. */
interface Setup {
  context: Context;
  options: InitOptions;
  config: CapacitorConfig & { appId: string };
  remote: Remote;
  channel: string;
  signed: boolean;
  publicPem?: string | undefined;
  bundle?: string;
}

export async function initProject(context: Context, options: InitOptions) {
  const config = await getAppConfig(context);
  const setup = { context, options, config } as Setup;
  const steps = await takeSteps(context, planSteps(setup)).catch((error) => {
    throw error instanceof CliError && error.code === 'cancelled' ? stopped() : error;
  });
  const next = await nextSteps(context, steps);
  const proven = await findProvenCommand(context);
  sayEnd(context, steps, next, proven);
  return {
    app_id: config.appId,
    server: setup.remote.connection.server,
    channel: setup.channel,
    signed: setup.signed,
    config_edited: steps.some(({ step, state }) => step === 'config' && state === 'changed'),
    bundle: setup.bundle ?? null,
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

function planSteps(setup: Setup): PlannedStep[] {
  const { context, options, config } = setup;
  return [
    { step: 'login', title: 'Server and key', run: () => logIn(setup) },
    { step: 'app', title: 'App', run: () => ensureApp(context, setup.remote, config, options.org) },
    { step: 'channel', title: 'Channel', run: () => prepareChannel(setup) },
    { step: 'key', title: 'Signing key', run: () => prepareKey(setup) },
    { step: 'config', title: 'Capacitor config', run: () => prepareConfig(setup) },
    { step: 'updater', title: 'Updater plugin', run: () => checkUpdater(context) },
    {
      step: 'start_call',
      title: 'notifyAppReady()',
      run: () => ensureStartCall(context, config.webDir, options.mainFile),
    },
    { step: 'bundle', title: 'First bundle', run: () => uploadFirst(setup) },
  ];
}

async function logIn(setup: Setup): Promise<Outcome> {
  const { loggedIn, remote } = await signIn(setup.context, setup.options);
  setup.remote = remote;
  return (loggedIn ? changed : unchanged)(`${style.path(remote.connection.server)} knows your key`);
}

async function prepareChannel(setup: Setup): Promise<Outcome> {
  const { context, config, remote } = setup;
  const [app, channels] = await Promise.all([remote.client.apps.get(config.appId), listChannels(setup)]);
  setup.channel = chooseChannel(setup.options.channel, app, channels);
  const outcome = await ensureChannel(remote, app, channels, setup.channel);
  const other = await otherUploadChannel(context, config, setup.channel);
  if (!other) return outcome;
  const { advice = [] } = outcome;
  const elsewhere = `${other}: uploads that name no channel go there, not to ${setup.channel}.`;
  return { ...outcome, advice: [...advice, elsewhere] };
}

async function prepareKey(setup: Setup): Promise<Outcome> {
  const { publicPem, signed, ...outcome } = await ensureKey(setup.context, setup.config, setup.options.sign);
  Object.assign(setup, { signed, publicPem });
  return outcome;
}

async function prepareConfig(setup: Setup): Promise<Outcome> {
  const { context, config } = setup;
  const outcome = await ensureConfig(context, config, wantedSettings(setup));
  return { ...outcome, advice: adviseAddresses(await getCapacitorConfig(context.cwd)) };
}

async function uploadFirst(setup: Setup): Promise<Outcome> {
  const found = (await listChannels(setup)).find(({ name }) => name === setup.channel);
  const channel = { name: setup.channel, version: found?.version ?? null };
  const { bundle, ...outcome } = await ensureBundle(setup.context, setup.options, setup.config.webDir, channel);
  if (bundle) setup.bundle = bundle;
  return outcome;
}

const listChannels = ({ remote, config }: Setup) =>
  listAll((page) => remote.client.channels.list({ app_id: config.appId, page }));

function wantedSettings({ remote, publicPem, config }: Setup) {
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
