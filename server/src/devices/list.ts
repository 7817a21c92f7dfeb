// Reading the registry of devices, page by page.

import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { DevicesTable } from '../db/tables/devices.ts';
import { bundleNamed, channelForcedOn } from '../releases/sql.ts';

const MAX_PAGE_SIZE = 1000;

export const equalColumns = [
  'version_name',
  'running_version',
  'offered_version',
  'platform',
  'custom_id',
  'is_prod',
  'is_emulator',
  'plugin_version',
  'os_version',
  'version_build',
  'install_source',
  'key_id',
  'country_code',
] as const satisfies readonly (keyof DevicesTable)[];
type EqualColumn = (typeof equalColumns)[number];

interface DeviceFilter {
  app_id: string;
  device_id?: string;
  hasCustomId?: boolean;
  /** Only devices that run this bundle: its id, or its name. */
  version?: string | number;
  /** Only devices that are forced onto the channel of this name. */
  channel?: string;
  /** Only devices that have exactly these values. */
  equal?: Partial<Record<EqualColumn, string | boolean>>;
  /** Only devices on which the bundle that they were offered last failed, and which run another. */
  failing?: boolean;
  /** Only devices that were not heard of for so many days. */
  unheardDays?: number;
  /** Counts all that fit, whatever the page. */
  withTotal?: boolean;
  /** Only devices updated after this time. */
  updatedAfter?: Date;
  /** By time of update; without it by id, which pages steadily while devices report. */
  order?: 'asc' | 'desc';
  /** `<updated_at>|<device_id>` of the last device seen; anything else counts as absent. */
  cursor?: string;
  limit: number;
}

/** To the microsecond, as the database has it, but `.123Z` where there is nothing below the millisecond. */
const exactTime = sql<string>`
  regexp_replace(to_char(devices.updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '000Z$', 'Z')`;

const place = { app_id: sql<string>`devices.app_id`, device_id: sql<string>`devices.device_id` };
const bundleId = bundleNamed(place.app_id, sql<string | null>`devices.version_name`);
const forcedChannel = channelForcedOn(place);

/** Names of bundles are versions, so a whole number can only be an id. */
function runsBundle(version: string | number): RawBuilder<boolean> {
  if (typeof version === 'string' && !/^\d+$/.test(version)) return sql`devices.version_name = ${version}`;
  const id = Number(version);
  return id > 0x7fffffff || id < 1 ? sql`false` : sql`${bundleId} = ${id}`;
}

function selectDevices(db: Db, app_id: string) {
  return db
    .selectFrom('devices')
    .select([
      'device_id',
      'app_id',
      'platform',
      'plugin_version',
      'os_version',
      'version_build',
      'version_name',
      'running_version',
      'running_since',
      'offered_version',
      'offered_at',
      'custom_id',
      'is_prod',
      'is_emulator',
      'install_source',
      'country_code',
      'key_id',
      'updated_at',
    ])
    .select([bundleId.as('version'), forcedChannel.as('channel'), exactTime.as('exact_time')])
    .where('devices.app_id', '=', app_id);
}

type Row = Awaited<ReturnType<typeof getRows>>[number];
const getRows = (db: Db) => selectDevices(db, '').execute();

/** Fields that do not apply are left out, as the contract shows them. */
function present({ exact_time: _, version, channel, os_version, version_build, ...row }: Row) {
  return {
    ...row,
    os_version: os_version ?? '',
    version_build: version_build ?? '',
    ...(version !== null && { version }),
    ...(channel !== null && { channel }),
  };
}

export async function findDevice(db: Db, app_id: string, device_id: string) {
  const row = await selectDevices(db, app_id).where('device_id', '=', device_id).executeTakeFirst();
  return row && present(row);
}

/** What a device last told of itself, all of it. */
export async function findKnownDevice(db: Db, app_id: string, device_id: string) {
  return db
    .selectFrom('devices')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .executeTakeFirst();
}

type Selection = ReturnType<typeof selectDevices>;

function narrow(query: Selection, filter: DeviceFilter): Selection {
  const { hasCustomId, updatedAfter, version, channel, failing, unheardDays, equal = {} } = filter;
  let found = query;
  if (hasCustomId) found = found.where('custom_id', '!=', '');
  if (updatedAfter) found = found.where('devices.updated_at', '>', updatedAfter);
  if (version !== undefined) found = found.where(runsBundle(version));
  if (channel !== undefined) found = found.where(forcedChannel, '=', channel);
  if (failing !== undefined) found = found.where(failing ? isFailing : sql<boolean>`not ${isFailing}`);
  if (unheardDays !== undefined) {
    found = found.where('devices.seen_at', '<', sql<Date>`now() - make_interval(days => ${unheardDays}::int)`);
  }
  for (const [column, value] of Object.entries(equal)) {
    found = found.where(`devices.${column as EqualColumn}`, '=', value);
  }
  return found;
}

/** It may run an older one happily: what fails is the update. */
const isFailing = sql<boolean>`(devices.offered_version is distinct from devices.running_version and exists (
  select from device_failures f where f.app_id = devices.app_id and f.device_id = devices.device_id
    and f.version_name = devices.offered_version))`;

export async function listDevices(db: Db, filter: DeviceFilter) {
  const limit = Math.min(filter.limit, MAX_PAGE_SIZE);
  const all = narrow(selectDevices(db, filter.app_id), filter);
  const after = afterCursor(filter);
  const rest = after ? all.where(after) : all;
  const ordered = filter.order ? rest.orderBy('devices.updated_at', filter.order) : rest;
  const rows = await ordered
    .orderBy('devices.device_id')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit;
  return {
    data: page.map(present),
    ...(hasMore && last && { nextCursor: `${last.exact_time}|${last.device_id}` }),
    hasMore,
    ...(filter.withTotal && { total: await countRows(all) }),
  };
}

async function countRows(query: Selection): Promise<number> {
  const { total } = await query
    .clearSelect()
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return Number(total);
}

const cursorPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z)\|(.{1,128})$/;

function afterCursor({ cursor, order }: DeviceFilter): RawBuilder<boolean> | undefined {
  const [, time, id] = cursorPattern.exec(cursor ?? '') ?? [];
  if (!time || !id || Number.isNaN(Date.parse(time))) return undefined;
  const at = sql`${time}::timestamptz`;
  if (order === 'asc') return sql`(devices.updated_at, devices.device_id) > (${at}, ${id})`;
  if (order === 'desc') {
    return sql`(devices.updated_at < ${at} or (devices.updated_at = ${at} and devices.device_id > ${id}))`;
  }
  return sql`devices.device_id > ${id}`;
}
