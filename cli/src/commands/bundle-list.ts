// `overair bundle list` and `delete`.

import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { listAll, openRemote, type Remote } from '../remote/client.ts';
import { formatBytes, style } from '../terminal/style.ts';

export async function listBundles(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const [bundles, channels] = await Promise.all([
    listAll((page) => client.bundles.list({ app_id, page })),
    listAll((page) => client.channels.list({ app_id, page })),
  ]);
  const channelsOf = (id: number) =>
    channels
      .filter((channel) => channel.version?.id === id || channel.rollout_version === id)
      .map((channel) => channel.name);
  const rows = bundles.map((bundle) => ({ ...bundle, channels: channelsOf(bundle.id) }));
  context.ui.table(
    [
      { title: 'Version', cell: (row) => style.version(row.name) },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 16).replace('T', ' ') },
      { title: 'Size', cell: (row) => (row.size > 0 ? formatBytes(row.size) : 'external'), align: 'right' },
      { title: 'Encrypted', cell: (row) => (row.session_key ? (row.key_id ?? 'yes') : 'no') },
      { title: 'Delta', cell: (row) => (row.manifest_count > 0 ? `${row.manifest_count} files` : 'no') },
      { title: 'Channels', cell: (row) => row.channels.map(style.id).join(', ') },
    ],
    rows,
    `${app_id} has no bundles yet. overair bundle upload makes the first.`,
  );
  return rows;
}

export async function deleteBundle(context: Context, options: GlobalOptions, version?: string, appIdGiven?: string) {
  if (!version) throw new CliError('missing_argument', 'Which bundle? Name its version.');
  const app_id = await getAppId(context, appIdGiven);
  const remote = await openRemote(context, options);
  const serving = await channelsServing(remote, app_id, version);
  if (serving.length > 0) {
    const message = `Bundle ${version} is served by ${serving.join(', ')}. Take it off first?`;
    if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
    for (const channel of serving) await remote.client.channels.save({ app_id, channel, version: null });
  }
  await remote.client.bundles.delete({ app_id, version });
  context.ui.success(`Bundle ${style.version(version)} is deleted. Its version cannot be used again.`);
  return { app_id, bundle: version, deleted: true, unlinked_channels: serving };
}

async function channelsServing({ client }: Remote, app_id: string, version: string): Promise<string[]> {
  const channels = await listAll((page) => client.channels.list({ app_id, page }));
  return channels.filter((channel) => channel.version?.name === version).map((channel) => channel.name);
}
