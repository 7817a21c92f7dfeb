// `overair app …`: register apps with the server and list them.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
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
