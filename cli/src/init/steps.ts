// The steps of `overair init`; each looks first, so that a second run does only what is missing.

import { readFile, writeFile } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { CliError, cancelled } from '../cli-error.ts';
import { type LoginOptions, login } from '../commands/login.ts';
import type { Context } from '../context.ts';
import { explainFailure } from '../failure.ts';
import { type CapacitorConfig, configKind } from '../project/capacitor-config.ts';
import { setConfigValue } from '../project/config-edit.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { replaceFile } from '../temporary-files.ts';
import { renderDiff } from '../terminal/diff.ts';
import { style } from '../terminal/style.ts';
import { CALL, findMainFile } from './notify-app-ready.ts';

const LOGIN_NEEDED = new Set(['missing_server', 'missing_apikey', 'invalid_apikey', 'key_of_other_server']);

/** Uses the login that is there; asks for one when there is none, or when the server does not know it. */
export async function signIn(context: Context, options: LoginOptions): Promise<Remote> {
  try {
    const remote = await openRemote(context, options);
    await remote.client.organizations.list();
    return remote;
  } catch (error) {
    if (!LOGIN_NEEDED.has(explainFailure(error).code)) throw error;
    if (options.apikey) throw error;
  }
  context.ui.say(`You need an API key for this server.`);
  await login(context, options);
  return openRemote(context, options);
}

/** True when the app was registered just now. */
export async function ensureApp({ client }: Remote, app_id: string, name: string, org?: string): Promise<boolean> {
  const apps = await listAll((page) => client.apps.list({ page }));
  if (apps.some((app) => app.app_id === app_id)) return false;
  const organizations = await client.organizations.list();
  const owner_org = org ?? organizations[0]?.id;
  if (!owner_org) throw new CliError('no_organization', 'This key belongs to no organization, so it cannot add apps.');
  if (!org && organizations.length > 1) {
    throw new CliError('missing_argument', 'Several organizations could own this app.', {
      hint: 'Pass --org with an id; overair organization list shows them.',
    });
  }
  await client.apps.create({ app_id, name, owner_org });
  return true;
}

/** The channel exists and, unless another one is, is what new devices follow. */
export async function ensureChannel({ client }: Remote, app_id: string, channel: string): Promise<boolean> {
  const channels = await listAll((page) => client.channels.list({ app_id, page }));
  const found = channels.find(({ name }) => name === channel);
  const isPublic = !channels.some((row) => row.public);
  if (found && !isPublic) return false;
  await client.channels.save({ app_id, channel, ...(isPublic ? { public: true } : {}) });
  return found === undefined;
}

/** Points the app to the server, after showing what would change. */
export async function pointToServer(context: Context, config: CapacitorConfig, server: string): Promise<boolean> {
  const settings = {
    updateUrl: `${server}/updates`,
    statsUrl: `${server}/stats`,
    channelUrl: `${server}/channel_self`,
  };
  const before = await readFile(config.path, 'utf8');
  let after = before;
  for (const [key, url] of Object.entries(settings)) {
    after = setConfigValue(after, configKind(config.path), ['plugins', 'CapacitorUpdater', key], url);
  }
  return applyEdit(context, config.path, before, after);
}

export async function addNotifyAppReady(context: Context, mainFile?: string): Promise<string | undefined> {
  const found = await findMainFile(context.cwd, mainFile);
  if (found.state === 'calls') return undefined;
  if (found.state === 'unknown') {
    context.ui.warn(`Call ${CALL} when your app has started; without it phones roll every update back.`);
    return undefined;
  }
  return (await applyEdit(context, found.path, found.before, found.after)) ? found.path : undefined;
}

async function applyEdit(context: Context, path: string, before: string, after: string): Promise<boolean> {
  if (before === after) return false;
  context.ui.say(`\n${style.heading(relative(context.cwd, path))}\n${renderDiff(before, after)}`);
  const message = `Change ${basename(path)} like this?`;
  if (!(await context.ui.confirm({ message, flag: '--yes', initial: true }))) throw cancelled();
  await replaceFile(path, (temporary) => writeFile(temporary, after));
  return true;
}
