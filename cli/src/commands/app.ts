// `overair app …`: register apps with the server and list them.

import type { UpdateApp } from '@overair/protocol/manage/app';
import { type AppSettings, appSettings } from '@overair/protocol/manage/app-settings';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import type { SettingFlags } from '../settings/flags.ts';
import { givenSettings } from '../settings/values.ts';
import { style } from '../terminal/style.ts';

export interface AddAppOptions extends GlobalOptions {
  name?: string;
  org?: string;
}

export async function addApp(context: Context, options: AddAppOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const name = options.name ?? (await findCapacitorConfig(context.cwd))?.appName ?? app_id;
  const remote = await openRemote(context, options);
  const owner_org = options.org ?? (await chooseOrganization(context, remote));
  const app = await remote.client.apps.create({ app_id, name, owner_org });
  context.ui.success(`App ${style.id(app_id)} (${name}) is registered.`);
  return app;
}

export async function listApps(context: Context, options: GlobalOptions) {
  const { client } = await openRemote(context, options);
  const apps = await listAll((page) => client.apps.list({ page }));
  context.ui.table(
    [
      { title: 'App', cell: (row) => style.id(row.app_id) },
      { title: 'Name', cell: (row) => row.name },
      { title: 'Last bundle', cell: (row) => (row.last_version ? style.version(row.last_version) : '') },
      { title: 'Upload channel', cell: (row) => row.default_upload_channel },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 10) },
    ],
    apps,
    'No apps yet. overair app add registers one.',
  );
  return apps;
}

export interface SetAppOptions extends GlobalOptions, SettingFlags<AppSettings> {
  name?: string;
  /** Days that unused bundles are kept; 0 keeps them for ever. */
  retention?: string;
}

export async function setApp(context: Context, options: SetAppOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { name, retention } = options;
  const changes = withoutUndefined<UpdateApp>({
    ...givenSettings(appSettings, options),
    name,
    retention: retention === undefined ? undefined : parseDays(retention),
  });
  if (Object.keys(changes).length === 0) {
    throw new CliError('missing_argument', 'Nothing to set.', {
      hint: 'overair app set --help lists what can be set.',
    });
  }
  const { client } = await openRemote(context, options);
  const app = await client.apps.update(app_id, changes);
  context.ui.success(`App ${style.id(app_id)} is changed.`);
  return app;
}

export async function deleteApp(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  await client.apps.get(app_id);
  const message = `Delete ${app_id} with all its bundles, channels, devices and statistics? This cannot be undone.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  await client.apps.delete(app_id);
  context.ui.success(`App ${style.id(app_id)} is deleted.`);
  return { app_id, deleted: true };
}

// The server takes seconds for everything that is not a small number of days.
function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0 && days <= 730) return days;
  throw new CliError('invalid_retention', `--retention takes days from 0 to 730, not "${text}".`);
}

async function chooseOrganization(context: Context, { client }: Remote): Promise<string> {
  const organizations = await listAll((page) => client.organizations.list({ page }));
  const [first, ...others] = organizations;
  if (!first) throw new CliError('no_organization', 'This key belongs to no organization, so it cannot add apps.');
  if (others.length === 0) return first.id;
  return context.ui.select({
    message: 'Which organization shall own the app?',
    flag: '--org <id>',
    choices: organizations.map(({ id, name }) => ({ value: id, label: name, hint: id })),
  });
}
