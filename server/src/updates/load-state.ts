// Reads an app's release state from the database, as one consistent picture.

import type { Selectable } from 'kysely';
import type { Db } from '../db/open.ts';
import type { BundlesTable, ChannelsTable } from '../db/tables/releases.ts';
import {
  type AppState,
  type Bundle,
  type Channel,
  type FailedBundle,
  isStoreBundle,
  type ManifestEntry,
  type Rollout,
} from './release-state.ts';
import { parseVersion } from './versions.ts';

/** From this many failures on a device is no longer offered the bundle; the trigger on device_failures has the same number. */
const failuresThatBlock = 2;

/** Undefined when there is no such app. */
export function loadState(db: Db, app_id: string): Promise<AppState | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const app = await trx
        .selectFrom('apps')
        .select(['app_id', 'id', 'expose_metadata', 'allow_device_custom_id', 'block_provider_infra_requests'])
        .where('app_id', '=', app_id)
        .executeTakeFirst();
      if (app === undefined) return undefined;
      const channelRows = await trx.selectFrom('channels').selectAll().where('app_id', '=', app_id).execute();
      const bundles = await loadBundles(trx, app_id, channelRows);
      const channels = channelRows.map((row) => channelOf(row, bundles)).sort(byNameThenId);
      return {
        app_id,
        uuid: app.id,
        expose_metadata: app.expose_metadata,
        allow_device_custom_id: app.allow_device_custom_id,
        block_provider_infra_requests: app.block_provider_infra_requests,
        channels,
        channelsById: new Map(channels.map((channel) => [channel.id, channel])),
        bundleNames: await loadBundleNames(trx, app_id),
        rollingOut: channels.some(isRollingOut),
        overrides: await loadOverrides(trx, app_id),
        failures: await loadFailures(trx, app_id),
      };
    });
}

type BundleRow = Selectable<BundlesTable>;
type ChannelRow = Selectable<ChannelsTable>;
type LoadedBundle = Bundle & { deleted: boolean };

/** The bundles that a channel points at: the others cannot be offered. */
async function loadBundles(db: Db, app_id: string, channels: ChannelRow[]): Promise<Map<number, LoadedBundle>> {
  const ids = channels.flatMap((each) => [each.version, each.rollout_version]).filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('bundles').selectAll().where('app_id', '=', app_id).where('id', 'in', ids).execute();
  const entries = await db
    .selectFrom('manifest_entries')
    .select(['bundle_id', 'file_name', 'file_hash', 'file_hash_v2', 'object_sha256', 'size'])
    .where('app_id', '=', app_id)
    .where('bundle_id', 'in', ids)
    .orderBy('file_name')
    .execute();
  const manifests = Map.groupBy(entries, (entry) => entry.bundle_id);
  return new Map(rows.map((row) => [row.id, bundleOf(row, manifests.get(row.id) ?? [])]));
}

function bundleOf(row: BundleRow, manifest: readonly ManifestEntry[]): LoadedBundle {
  const { id, name, checksum, checksum_v2, crc32, session_key, key_id, external_url, object_sha256, deleted } = row;
  const { min_update_version, link, comment } = row;
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
    deleted,
  };
}

function channelOf(row: ChannelRow, bundles: ReadonlyMap<number, LoadedBundle>): Channel {
  const bundle = row.version === null ? undefined : bundles.get(row.version);
  return {
    id: row.id,
    name: row.name,
    bundle,
    unusable: bundle?.deleted === true && !isStoreBundle(bundle.name),
    rollout: rolloutOf(row, bundles),
    public: row.public,
    allow_device_self_set: row.allow_device_self_set,
    ios: row.ios,
    android: row.android,
    electron: row.electron,
    allow_emulator: row.allow_emulator,
    allow_device: row.allow_device,
    allow_dev: row.allow_dev,
    allow_prod: row.allow_prod,
    disable_auto_update: row.disable_auto_update,
    disable_auto_update_under_native: row.disable_auto_update_under_native,
    update_package: row.update_package,
  };
}

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

const isRollingOut = ({ rollout }: Channel): boolean =>
  rollout?.enabled === true && !rollout.paused && rollout.percentageBps > 0;

/** By code points, the same whatever the collation of the database. */
function byNameThenId(a: Channel, b: Channel): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id - b.id;
}

async function loadBundleNames(db: Db, app_id: string): Promise<Map<string, { deleted: boolean }>> {
  const rows = await db.selectFrom('bundles').select(['name', 'deleted']).where('app_id', '=', app_id).execute();
  return new Map(rows.map(({ name, deleted }) => [name, { deleted }]));
}

async function loadOverrides(db: Db, app_id: string): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('channel_devices')
    .select(['device_id', 'channel_id'])
    .where('app_id', '=', app_id)
    .execute();
  return new Map(rows.map((row) => [row.device_id, row.channel_id]));
}

async function loadFailures(db: Db, app_id: string): Promise<Map<string, FailedBundle[]>> {
  const rows = await db
    .selectFrom('device_failures')
    .select(['device_id', 'version_name', 'version_build'])
    .where('app_id', '=', app_id)
    .where('failures', '>=', failuresThatBlock)
    .execute();
  return Map.groupBy(rows, (row) => row.device_id);
}
