// The nightly purge of devices that were not heard of for a long time, and of what was noted to count them once.

import { listAppIds } from '../accounts/apps.ts';
import { deleteOrphansSql } from '../accounts/orphans.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { inBatches } from '../db/in-batches.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';
import { DAY_MS } from '../utc-day.ts';
import { SEEN_GRAIN_DAYS } from './write-sightings.ts';

/** A few milliseconds of locks; on PGlite nobody else is answered meanwhile. */
const ROWS_AT_ONCE = 500;
/** The counts of past days are kept in `native_daily` and `mau_daily`; these rows only keep a device from counting twice. */
const DAYS_KEPT = 3;

interface RetentionParts {
  database: Database;
  config: Pick<Config, 'deviceRetentionDays'>;
  log: Log;
}

export function deviceRetentionQueue(parts: RetentionParts): JobQueue {
  return {
    name: 'device-retention',
    cron: '20 1 * * *',
    run: (_data, signal) => purgeDevices(parts, new Date(), signal),
  };
}

const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

/** Each batch is a statement of its own: what is cut short goes on the next night. */
export async function purgeDevices({ database, config, log }: RetentionParts, now: Date, signal?: AbortSignal) {
  const removed = { devices: 0, failures: 0, days: 0, months: 0, orphans: 0 };
  const remove = async (name: keyof typeof removed, text: string, values: readonly unknown[]) => {
    removed[name] += await inBatches(ROWS_AT_ONCE, async () => (await database.query(text, values)).rowCount, signal);
  };
  if (config.deviceRetentionDays > 0) {
    // What is written down of the last activity may be so much older than it.
    const oldest = new Date(now.getTime() - (config.deviceRetentionDays + SEEN_GRAIN_DAYS) * DAY_MS);
    await remove('devices', idleDevicesSql, [oldest]);
    await remove('failures', strayFailuresSql, [oldest]);
  }
  const firstDay = isoDay(new Date(now.getTime() - DAYS_KEPT * DAY_MS));
  const lastMonth = isoDay(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)));
  for (const app_id of await listAppIds(database.db)) {
    await remove('days', oldDaysSql, [app_id, firstDay]);
    await remove('months', oldMonthsSql, [app_id, lastMonth]);
  }
  for (const table of tablesOfApps) await remove('orphans', deleteOrphansSql(table, ROWS_AT_ONCE), []);
  log.info(removed, 'devices that were not heard of for long were purged');
}

const tablesOfApps = ['devices', 'device_days', 'device_months', 'device_failures'];

/** A device that reports while it is looked at is locked, and passed over. */
const idleDevicesSql = `
with idle as (
  select app_id, device_id from devices where seen_at < $1 order by seen_at limit ${ROWS_AT_ONCE} for update skip locked
),
failures as (
  delete from device_failures f using idle where f.app_id = idle.app_id and f.device_id = idle.device_id
)
delete from devices d using idle where d.app_id = idle.app_id and d.device_id = idle.device_id`;

/** Failures of devices that were never noted: who only ever reports failures is in no registry. */
const strayFailuresSql = `
delete from device_failures where ctid = any(array(
  select f.ctid from device_failures f
  where f.last_failed_at < $1
    and not exists (select from devices d where d.app_id = f.app_id and d.device_id = f.device_id)
  limit ${ROWS_AT_ONCE}))`;

const oldDaysSql = `
delete from device_days where ctid = any(array(
  select ctid from device_days where app_id = $1 and day < $2::date limit ${ROWS_AT_ONCE}))`;

const oldMonthsSql = `
delete from device_months where ctid = any(array(
  select ctid from device_months where app_id = $1 and month < $2::date limit ${ROWS_AT_ONCE}))`;
