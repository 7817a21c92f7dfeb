// Reads an app's release state from the database, as one consistent picture.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { appOfRow } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import { decidingSettings } from '../db/settings.ts';
import { FAILURES_THAT_BLOCK, failuresThatMatter } from '../devices/failures.ts';
import { type PlaceScope, placeKey } from '../releases/place.ts';
import { selectReleases } from '../releases/release-rows.ts';
import { isStoreBundle } from '../releases/version-name.ts';
import type { Platform } from './client.ts';
import type { AppState, Bundle, Channel, FailedBundle, Rollout } from './release-state.ts';
import { parseVersion } from './versions.ts';

/** The states of those apps that exist. */
export async function loadStates(db: Db, app_ids: readonly string[]): Promise<AppState[]> {
  const rows = await readApps(db, app_ids);
  return rows.map(stateOf);
}

function stateOf(row: AppRow): AppState {
  const { app_id, uuid } = row;
  const bundles = new Map(row.offered.map((each) => [each.id, bundleOf(each)]));
  const channels = channelsInOrder(row.channels.map((each) => channelOf(each, bundles)));
  return {
    app_id,
    uuid,
    ...decidingSettings(appSettings, row),
    channels,
    channelsById: new Map(channels.map((channel) => [channel.id, channel])),
    bundleNames: new Map(row.names.map(({ name, deleted }) => [name, { deleted }])),
    rollingOut: channels.some(isRollingOut),
    overrides: new Map(row.overrides.map(({ device_id, channel_id }) => [device_id, channel_id])),
    formerDefaults: formerDefaultsOf(row),
    failures: failuresOf(row),
  };
}

export function formerDefaultsOf({
  former_defaults,
}: {
  former_defaults: readonly { name: string; platform: Platform }[];
}): Map<string, Platform[]> {
  const names = new Map<string, Platform[]>();
  for (const { name, platform } of former_defaults) names.set(name, [...(names.get(name) ?? []), platform]);
  return names;
}

function failuresOf({ failures }: AppRow): Map<string, FailedBundle[]> {
  const devices = new Map<string, FailedBundle[]>();
  for (const { device_id, ...row } of failures) {
    const ofDevice = devices.get(device_id);
    if (ofDevice) ofDevice.push(failedBundleOf(row));
    else devices.set(device_id, [failedBundleOf(row)]);
  }
  return devices;
}

/** A row of `device_failures`, as it is read and as it is announced. */
interface FailureRow {
  version_name: string;
  version_build: string;
  failures: number;
  unopened_with: string | null;
}

export const failedBundleOf = ({ version_name, version_build, failures, unopened_with }: FailureRow): FailedBundle => ({
  version_name,
  version_build,
  didNotStart: failures >= FAILURES_THAT_BLOCK,
  unopenedWith: unopened_with,
});

/** One statement: it sees one moment, and costs little more for a hundred apps than for one. */
const readApps = (db: Db, app_ids: readonly string[]) =>
  selectReleases(db, app_ids).select(failuresThatMatter(appOfRow).as('failures')).execute();

type AppRow = Awaited<ReturnType<typeof readApps>>[number];
type ChannelRow = AppRow['channels'][number];
type BundleRow = AppRow['offered'][number];
type LoadedBundle = Bundle & { deleted: boolean };

function bundleOf(row: BundleRow): LoadedBundle {
  const { id, name, checksum, checksum_v2, crc32, session_key, key_id, external_url, object_sha256, deleted } = row;
  const { min_update_version, link, comment, manifest } = row;
  return {
    id,
    name,
    version: parseVersion(name),
    checksum,
    checksum_v2,
    crc32,
    session_key: session_key || null,
    key_id: key_id || null,
    external_url: external_url || null,
    object_sha256,
    min_update_version,
    link,
    comment,
    manifest,
    withheldAt: withheldAtOf(row.withheld),
    deleted,
  };
}

export const withheldAtOf = (rows: readonly WithheldPlace[]): ReadonlySet<string> | undefined =>
  rows.length === 0
    ? undefined
    : new Set(rows.map(({ scope, platform, version }) => placeKey(scope, platform, version)));

interface WithheldPlace {
  scope: PlaceScope;
  platform: string;
  version: string;
}

function channelOf(row: ChannelRow, bundles: ReadonlyMap<number, LoadedBundle>): Channel {
  const bundle = row.version === null ? undefined : bundles.get(row.version);
  return {
    id: row.id,
    name: row.name,
    bundle,
    unusable: isUnusable(bundle),
    rollout: rolloutOf(row, bundles),
    stopped: row.stopped,
    ...decidingSettings(channelSettings, row),
  };
}

/** Its bundle was deleted. The store's cannot be. */
export const isUnusable = (bundle: { deleted: boolean; name: string } | undefined): boolean =>
  bundle?.deleted === true && !isStoreBundle(bundle.name);

/** Undefined without a target, and when the target was deleted. */
function rolloutOf(row: ChannelRow, bundles: ReadonlyMap<number, LoadedBundle>): Rollout | undefined {
  const bundle = row.rollout_version === null ? undefined : bundles.get(row.rollout_version);
  if (bundle === undefined || bundle.deleted) return undefined;
  return {
    bundle,
    id: row.rollout_id,
    enabled: row.rollout_enabled,
    paused: row.rollout_paused_at !== null,
    percentageBps: row.rollout_percentage_bps,
  };
}

export const isRollingOut = ({ rollout }: Channel): boolean =>
  rollout?.enabled === true && !rollout.paused && rollout.percentageBps > 0;

/** In the order in which public channels are tried. */
export const channelsInOrder = (channels: readonly Channel[]): Channel[] => channels.toSorted(byNameThenId);

/** By code points, the same whatever the collation of the database. */
function byNameThenId(a: Channel, b: Channel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id - b.id;
}
