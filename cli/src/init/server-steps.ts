// The steps of `overair init` at the server: log in, the app, its channel, its first bundle.

import type { App } from '@overair/protocol/manage/app';
import type { Channel } from '@overair/protocol/manage/channel';
import { CliError } from '../cli-error.ts';
import { type LoginOptions, login } from '../commands/login.ts';
import type { Context } from '../context.ts';
import { explainFailure } from '../failure.ts';
import type { CapacitorConfig } from '../project/capacitor-config.ts';
import { readProjectSettings } from '../project/project-settings.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { changed, type Outcome, unchanged } from './step.ts';

const LOGIN_NEEDED = new Set(['missing_server', 'missing_apikey', 'invalid_apikey', 'key_of_other_server']);
const DEFAULT_CHANNEL = 'production';

/** Uses the login that is there; asks for one when there is none, or when the server does not know it. */
export async function signIn(context: Context, options: LoginOptions): Promise<{ loggedIn: boolean; remote: Remote }> {
  try {
    const remote = await openRemote(context, options);
    await remote.client.organizations.list();
    return { loggedIn: false, remote };
  } catch (error) {
    if (!LOGIN_NEEDED.has(explainFailure(error).code)) throw error;
    if (options.apikey) throw error;
  }
  context.ui.say('You need an API key for this server.');
  await login(context, options);
  return { loggedIn: true, remote: await openRemote(context, options) };
}

export async function ensureApp(
  context: Context,
  { client }: Remote,
  config: CapacitorConfig & { appId: string },
  org: string | undefined,
): Promise<Outcome> {
  const app_id = config.appId;
  const apps = await listAll((page) => client.apps.list({ page }));
  if (apps.some((app) => app.app_id === app_id)) return unchanged(`The server knows ${style.id(app_id)}`);
  const owner_org = org ?? (await chooseOrganization(context, { client } as Remote));
  await client.apps.create({ app_id, name: config.appName || app_id, owner_org });
  return changed(`${style.id(app_id)} is registered`);
}

async function chooseOrganization(context: Context, { client }: Remote): Promise<string> {
  const [first, ...others] = await client.organizations.list();
  if (!first) throw new CliError('no_organization', 'This key belongs to no organization, so it cannot add apps.');
  if (others.length === 0) return first.id;
  return context.ui.select({
    message: 'Which organization owns the app?',
    flag: '--org <id>; overair organization list shows them',
    choices: [first, ...others].map(({ id, name }) => ({ value: id, label: name, hint: id })),
  });
}

/** The one named, else the one that uploads go to already, else the one that new phones follow. */
export function chooseChannel(named: string | undefined, app: App, channels: Channel[]): string {
  const upload = channels.find(({ name }) => name === app.default_upload_channel);
  return named ?? (upload ?? channels.find((channel) => channel.public))?.name ?? DEFAULT_CHANNEL;
}

/** The channel exists, takes the uploads that name none, and is what new phones follow unless another one is. */
export async function ensureChannel(
  { client }: Remote,
  app: App,
  channels: Channel[],
  channel: string,
): Promise<Outcome> {
  const { app_id } = app;
  const found = channels.find(({ name }) => name === channel);
  const followed = channels.find((row) => row.public);
  const done: string[] = [];
  if (!found || !followed) {
    await client.channels.save({ app_id, channel, ...(followed ? {} : { public: true }) });
    done.push(found ? 'new phones follow it now' : 'is made');
  }
  if (app.default_upload_channel !== channel) {
    await client.apps.update(app_id, { default_upload_channel: channel });
    done.push('takes uploads that name no other');
  }
  const name = style.id(channel);
  const isFollowed = !followed || followed.name === channel;
  const advice = isFollowed
    ? []
    : [`New phones follow ${followed.name}, not ${channel}. To change that: overair channel set ${channel} --default`];
  if (done.length > 0) return { ...changed(`Channel ${name} ${done.join(', and ')}`), advice };
  return { ...unchanged(`Channel ${name} takes uploads${isFollowed ? ', and new phones follow it' : ''}`), advice };
}

/** What makes uploads of this project go elsewhere than to the channel; undefined when nothing does. */
export async function otherUploadChannel(
  context: Context,
  config: CapacitorConfig,
  channel: string,
): Promise<string | undefined> {
  const settings = await readProjectSettings(context.cwd);
  if (settings.channel)
    return settings.channel === channel ? undefined : `overair.config.json names ${settings.channel}`;
  const own = config.updater.defaultChannel;
  return typeof own === 'string' && own && own !== channel
    ? `plugins.CapacitorUpdater.defaultChannel names ${own}`
    : undefined;
}
