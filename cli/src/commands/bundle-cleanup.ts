// `overair bundle cleanup`: deletes old bundles that no channel serves or may return to.

import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import type { Release } from '@overair/protocol/manage/release';
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
  const [bundles, channels, releases] = await Promise.all([
    listAll((page) => client.bundles.list({ app_id, page })),
    listAll((page) => client.channels.list({ app_id, page })),
    listAll((page) => client.releases.list({ app_id, page })),
  ]);
  const surplus = findSurplus({ bundles, channels, releases }, keep, options.bundle);
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

interface Stock {
  readonly bundles: Bundle[];
  readonly channels: Channel[];
  /** Newest first. */
  readonly releases: Release[];
}

/** Newest first; the newest `keep`, and whatever a channel serves or may return to, stay. */
export function findSurplus({ bundles, channels, releases }: Stock, keep: number, above?: string): Bundle[] {
  const served = new Set(channels.flatMap((channel) => [channel.version?.id, channel.rollout_version]));
  const needed = new Set(
    channels.flatMap(({ name }) => {
      const ofChannel = releases.filter(({ channel }) => channel === name);
      return [...ofChannel.filter(({ ended_at }) => ended_at === null).map(({ bundle }) => bundle), wayBack(ofChannel)];
    }),
  );
  return bundles
    .filter((bundle) => above === undefined || isBetween(bundle.name, above))
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.id - a.id)
    .slice(keep)
    .filter(({ id, name }) => !served.has(id) && !needed.has(name));
}

/** The bundle of the last release that was kept, as the newest release of each bundle has it. Source: docs/protocol/management.md §6.12. */
function wayBack(releases: readonly Release[]): string | undefined {
  const newest = new Map(releases.toReversed().map((release) => [release.bundle, release]));
  return releases.find((release) => newest.get(release.bundle) === release && release.state === 'kept')?.bundle;
}

function isBetween(name: string, above: string): boolean {
  const [version, lower] = [parseVersion(name), parseVersion(requireVersion(above))!];
  return version !== undefined && compareVersions(version, lower) > 0 && version.major === lower.major;
}
