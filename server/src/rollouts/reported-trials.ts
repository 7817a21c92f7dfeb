// What devices reported about a release: the last word of each about opening and about starting its bundle.

import { trialActions } from '@overair/protocol/device/bundle-reports';
import type { DeviceWords, Word } from '@overair/protocol/rollouts/device-trials';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { placeOf } from '../releases/place.ts';

const started = trialActions('starting', 'passed');
const failedToStart = trialActions('starting', 'failed');
const failedToOpen = trialActions('opening', 'failed');

const opening = [...trialActions('opening', 'passed'), ...failedToOpen];
const starting = [...started, ...failedToStart];

export interface ReportingDevice extends DeviceWords {
  readonly device_id: string;
  /** This server did not know it before the release. */
  readonly isNew: boolean;
  /** See `placeOf`. */
  readonly native: string | null;
  readonly os: string | null;
  /** From which its failure was reported. */
  readonly network: number | null;
}

interface Reported {
  readonly app_id: string;
  readonly channel: string;
  readonly bundle_name: string;
  /** When the release began. */
  readonly since: Date;
  /** Devices of which something arrived after `from`, and until `until`. */
  readonly from: Date;
  readonly until: Date;
}

/**
 * Production builds on real devices to which this server offered the bundle. Events are taken by when they arrived; within one request
 * by the device's own order, where a failure comes last.
 */
export async function listReporting(db: Db, of: Reported): Promise<ReportingDevice[]> {
  const { rows } = await sql<{
    device_id: string;
    is_new: boolean;
    opening_failed: boolean | null;
    starting_failed: boolean | null;
    platform: string;
    version_build: string | null;
    os_version: string | null;
    network: number | null;
  }>`
    with heard as (
      select distinct device_id from stats_events
      where app_id = ${of.app_id} and bundle_name = ${of.bundle_name} and channel = ${of.channel}
        and received_at > ${of.from} and received_at <= ${of.until}
        and action = any(${[...opening, ...starting]}::text[]) and is_prod and not is_emulator
    ),
    told as (
      select e.device_id, bool_or(e.was_offered) as was_offered,
        bool_or(action = any(${opening}::text[])) as was_opening,
        (array_agg(action = any(${failedToOpen}::text[])
          order by received_at desc, occurred_at desc, action = any(${failedToOpen}::text[]) desc)
          filter (where action = any(${[...opening, ...started]}::text[])))[1] as opening_failed,
        (array_agg(action = any(${failedToStart}::text[])
          order by received_at desc, occurred_at desc, action = any(${failedToStart}::text[]) desc)
          filter (where action = any(${starting}::text[])))[1] as starting_failed,
        (array_agg(e.network order by received_at desc) filter (where e.network is not null))[1] as network
      from stats_events e
      where e.app_id = ${of.app_id} and e.bundle_name = ${of.bundle_name} and e.device_id in (select device_id from heard)
        and e.received_at >= ${of.since} and e.action = any(${[...opening, ...starting]}::text[])
      group by e.device_id
    )
    select t.device_id, d.created_at >= ${of.since} as is_new,
      case when was_opening then opening_failed end as opening_failed, starting_failed,
      t.network, d.platform, d.version_build, d.os_version
    from told t
    join devices d on d.app_id = ${of.app_id} and d.device_id = t.device_id
    where t.was_offered or d.offered_version = ${of.bundle_name}
    order by t.device_id`.execute(db);
  return rows.map((row) => ({
    device_id: row.device_id,
    isNew: row.is_new,
    opening: wordOf(row.opening_failed),
    starting: wordOf(row.starting_failed),
    native: placeOf(row.platform, row.version_build),
    os: placeOf(row.platform, row.os_version),
    network: row.network,
  }));
}

export const wordOf = (failed: boolean | null): Word => (failed === null ? null : failed ? 'failed' : 'passed');

/** How many devices of the app this server knew before a moment, counted up to `most`. */
export async function countKnownDevices(db: Db, app_id: string, before: Date, most: number): Promise<number> {
  const { rows } = await sql<{ known: number }>`
    select count(*)::int as known
    from (select from devices where app_id = ${app_id} and created_at < ${before} limit ${most}) known`.execute(db);
  return rows[0]!.known;
}
