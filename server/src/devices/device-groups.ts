// Walks all devices of an app, equal ones counted together: what is decided for one of a group holds for all of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { Database, Db } from '../db/database.ts';
import { forcedChannelId } from '../releases/sql.ts';
import { FAILURES_THAT_BLOCK } from './failures.ts';

/** An app with more devices is read in the order of the disk: by their ids every row would be a page of its own. */
const FEW_DEVICES = 20_000;
/** 8 kB each; about 50 devices a page. A slice keeps the embedded database from everybody else for some tenths of a second. */
const PAGES_A_SLICE = 400;
/** Of the time that a slice took, so long the database is left to others. */
const REST_SHARE = 0.1;

/** Of a whole app, and of one of many slices: all ids of a group together would take longer than the rest. */
const twenty = sql`(array_agg(device_id))[1:20]`;
const two = sql`case count(*) when 1 then array[min(device_id)] else array[min(device_id), max(device_id)] end`;

/** A rollout that tells devices apart: those below each share (basis points) from those above. */
export interface BucketSplit {
  readonly rollout_id: string;
  readonly shares: readonly number[];
}

/** What deciding looks at, equal for all devices of the group. */
export interface DeviceGroup {
  readonly platform: string;
  readonly plugin_version: string;
  readonly version_build: string | null;
  /** A bundle or `builtin`; of devices that never said, the bundle they were last seen with. */
  readonly running_version: string | null;
  readonly is_running_known: boolean;
  readonly was_offered_running: boolean;
  readonly is_prod: boolean;
  readonly is_emulator: boolean;
  readonly default_channel: string | null;
  readonly key_id: string | null;
  /** Of those in `osVersions`; null of all others. */
  readonly os_version: string | null;
  /** Not heard of since `dormantSince`. */
  readonly is_dormant: boolean;
  /** By `hourOf`. */
  readonly hour: Date | null;
  /** One of them. */
  readonly device_id: string;
  readonly devices: number;
  /** Some of them, at most 20. */
  readonly examples: readonly string[];
}

interface DeviceName {
  readonly app_id: RawBuilder<string>;
  readonly device_id: RawBuilder<string>;
}

interface WalkOptions {
  readonly app_id: string;
  readonly splits: readonly BucketSplit[];
  /** That tell devices apart. */
  readonly osVersions: readonly string[];
  readonly dormantSince: Date;
  /** A further column that keeps devices apart: the hour of a check, or null. */
  readonly hourOf?: ((device: DeviceName) => RawBuilder<Date | null>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Groups come in slices; equal devices of two slices come in two groups. On PostgreSQL all slices show one moment. The embedded
 * database shows each slice as it is when it is read: a device that reports meanwhile may be missed, or counted twice.
 */
export async function walkDeviceGroups(
  database: Database,
  options: WalkOptions,
  onSlice: (groups: readonly DeviceGroup[]) => void,
): Promise<void> {
  const walk = (db: Db) => walkSlices(db, options, onSlice);
  if (database.engine === 'pglite') return walk(database.db);
  await database.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(walk);
}

async function walkSlices(db: Db, options: WalkOptions, onSlice: (groups: readonly DeviceGroup[]) => void) {
  if (await hasFewDevices(db, options.app_id)) return onSlice(await readGroups(db, options, sql`true`, twenty));
  const pages = await countPages(db);
  for (let from = 0; from < pages; from += PAGES_A_SLICE) {
    options.signal?.throwIfAborted();
    const startedMs = performance.now();
    const [first, end] = [`(${from},0)`, `(${from + PAGES_A_SLICE},0)`];
    onSlice(await readGroups(db, options, sql`d.ctid >= ${first}::tid and d.ctid < ${end}::tid`, two));
    await sleep((performance.now() - startedMs) * REST_SHARE);
  }
}

async function hasFewDevices(db: Db, app_id: string): Promise<boolean> {
  const beyond = await db
    .selectFrom('devices')
    .select('device_id')
    .where('app_id', '=', app_id)
    .orderBy('device_id')
    .offset(FEW_DEVICES)
    .limit(1)
    .executeTakeFirst();
  return beyond === undefined;
}

async function countPages(db: Db): Promise<number> {
  const { rows } = await sql<{ pages: number }>`
    select (pg_relation_size('devices') / current_setting('block_size')::bigint)::int as pages`.execute(db);
  return rows[0]!.pages;
}

async function readGroups(
  db: Db,
  { app_id, splits, osVersions, dormantSince, hourOf }: WalkOptions,
  slice: RawBuilder<unknown>,
  examples: RawBuilder<unknown>,
) {
  const device = { app_id: sql<string>`d.app_id`, device_id: sql<string>`d.device_id` };
  const facts = sql.join([
    sql`d.platform`,
    sql`d.plugin_version`,
    sql`d.version_build`,
    sql`coalesce(d.running_version, d.version_name)`,
    sql`d.running_version is not null`,
    sql`d.offered_version is not distinct from coalesce(d.running_version, d.version_name)`,
    sql`d.is_prod`,
    sql`d.is_emulator`,
    sql`d.default_channel`,
    sql`d.key_id`,
    sql`case when d.os_version = any(${[...osVersions]}::text[]) then d.os_version end`,
    sql`d.seen_at < ${dormantSince}::timestamptz`,
    hourOf?.(device) ?? sql`null::timestamptz`,
    forcedChannelId(device),
    failedDevice(app_id),
    ...splits.map(bucketClass),
  ]);
  const { rows } = await sql<DeviceGroup>`
    select platform, plugin_version, version_build, running_version, is_running_known, was_offered_running, is_prod, is_emulator,
      default_channel, key_id, os_version, is_dormant, hour, min(device_id) as device_id, count(*)::int as devices,
      ${examples} as examples
    from (select d.device_id, ${facts} from devices d where d.app_id = ${app_id} and ${slice}) as
      told(device_id, platform, plugin_version, version_build, running_version, is_running_known, was_offered_running, is_prod,
        is_emulator, default_channel, key_id, os_version, is_dormant, hour, forced, failed ${sql.join(
          splits.map((_, i) => sql.raw(`, split${i}`)),
          sql``,
        )})
    group by platform, plugin_version, version_build, running_version, is_running_known, was_offered_running, is_prod, is_emulator,
      default_channel, key_id, os_version, is_dormant, hour, forced, failed ${sql.join(
        splits.map((_, i) => sql.raw(`, split${i}`)),
        sql``,
      )}`.execute(db);
  return rows;
}

/** Its own id where a bundle failed on the device in a way that decides: such a device is like no other. */
const failedDevice = (app_id: string) => sql`case when d.device_id in (
  select f.device_id from device_failures f
  where f.app_id = ${app_id} and (f.failures >= ${sql.lit(FAILURES_THAT_BLOCK)} or f.unopened_with is not null)) then d.device_id end`;

/** How many of the shares are at or below the device's bucket: `rolloutBucketOf` in SQL. */
const bucketClass = ({ rollout_id, shares }: BucketSplit) => sql`width_bucket(
  ((('x' || substring(encode(sha256(convert_to(${`${rollout_id}:`} || d.device_id, 'UTF8')), 'hex') for 8))::bit(32)::bigint) % 10000)::int,
  ${[...shares]}::int[])`;
