// `overair bundle cleanup`: deletes old bundles that no channel serves.

import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { compareVersions, parseVersion, requireVersion } from '../project/version.ts';
import { listAll, openRemote } from '../remote/client.ts';
import { formatBytes, style } from '../terminal/style.ts';

export interface CleanupOptions extends GlobalOptions {
  keep: string;
  force?: boolean;
  /** Only versions between this one and its next major. */
  bundle?: string;
}

export async function cleanUpBundles(context: Context, options: CleanupOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const keep = Number(options.keep);
  if (!Number.isInteger(keep) || keep < 0) {
    throw new CliError('invalid_keep', `--keep takes a whole number, not "${options.keep}".`);
  }
  const { client } = await openRemote(context, options);
  const [bundles, channels] = await Promise.all([
    listAll((page) => client.bundles.list({ app_id, page })),
    listAll((page) => client.channels.list({ app_id, page })),
  ]);
  const surplus = findSurplus(bundles, channels, keep, options.bundle);
  context.ui.table(
    [
      { title: 'To delete', cell: (row) => style.version(row.name) },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 10) },
      { title: 'Size', cell: (row) => formatBytes(row.size), align: 'right' },
    ],
    surplus,
    'Nothing to delete.',
  );
  if (surplus.length > 0) {
    const message = `Delete ${surplus.length} of ${bundles.length} bundles? Their versions cannot be used again.`;
    if (!options.force && !(await context.ui.confirm({ message, flag: '--force' }))) throw cancelled();
  }
  for (const { name } of surplus) await client.bundles.delete({ app_id, version: name });
  if (surplus.length > 0) context.ui.success(`${surplus.length} bundles deleted.`);
  return { app_id, deleted: surplus.map(({ name }) => name), kept: bundles.length - surplus.length };
}

/** Newest first; the newest `keep` and whatever a channel serves stay. */
export function findSurplus(bundles: Bundle[], channels: Channel[], keep: number, above?: string): Bundle[] {
  const served = new Set(channels.flatMap((channel) => [channel.version?.id, channel.rollout_version]));
  return bundles
    .filter((bundle) => above === undefined || isBetween(bundle.name, above))
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.id - a.id)
    .slice(keep)
    .filter((bundle) => !served.has(bundle.id));
}

function isBetween(name: string, above: string): boolean {
  const [version, lower] = [parseVersion(name), parseVersion(requireVersion(above))!];
  return version !== undefined && compareVersions(version, lower) > 0 && version.major === lower.major;
}
