// How long outcomes are kept: minutes for a week, hours for 90 days, days for ever. Single devices for as long as they matter.

import { KNOWN_APPS } from '../accounts/apps.ts';
import { deleteOrphansSql, unknownAppsSql } from '../accounts/orphans.ts';
import type { Database } from '../db/database.ts';
import { DAY_MS } from '../utc-day.ts';
import { countMoves } from './heard.ts';
import { countedWord, runningWords } from './outcome-words.ts';

export const MINUTES_KEPT_DAYS = 7;
export const HOURS_KEPT_DAYS = 90;
/** A device's word about a bundle that it does not run and is not waited for. */
const WORDS_KEPT_DAYS = 90;
const ROWS_AT_ONCE = 1_000;

const expired = (table: string, where: string): string =>
  `delete from ${table} where ctid = any(array(select ctid from ${table} where ${where} limit ${ROWS_AT_ONCE}))`;

const minutesSql = expired('outcome_counts', `grain = 'minute' and at < $1::timestamptz`);
const hoursSql = expired('outcome_counts', `grain = 'hour' and at < $1::timestamptz`);
const wordsSql = expired('device_outcomes', `word not in (${runningWords.join(', ')}) and at < $1::timestamptz`);

/** Of apps that were deleted while something was heard of them. */
const strangersSql = expired('device_outcomes', `app_id not in ${KNOWN_APPS}`);

/** A device that was purged runs nothing any more. */
const lostSql = `
with lost as (
  delete from device_outcomes where ctid = any(array(
    select ctid from device_outcomes o where word in (${runningWords.join(', ')}) and at < $1::timestamptz
      and not exists (select from devices d where d.device_id = o.device_id and d.app_id = o.app_id) limit ${ROWS_AT_ONCE}))
  returning *
),
moves as (
  select app_id, bundle_name, channel, platform, version_build, is_test, ${countedWord('word')} as word, code, 0 as entered, 1 as gone, 0 as first from lost
),
counted as (${countMoves({ slot: '0', at: '$2' })})
select from lost`;

/** The walk over the apps of a table needs an index that begins with them. */
const tablesOfApps = ['stats_daily', 'held_back_daily', 'mau_daily', 'native_daily', 'outcome_counts'];

export async function sweepOutcomes(database: Database, now: Date, signal?: AbortSignal): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString();
  const remove = async (text: string, values: readonly unknown[] = []) => {
    for (let count = ROWS_AT_ONCE; count === ROWS_AT_ONCE; ) {
      signal?.throwIfAborted();
      count = (await database.query(text, values)).rowCount;
    }
  };
  await remove(minutesSql, [before(MINUTES_KEPT_DAYS)]);
  await remove(hoursSql, [before(HOURS_KEPT_DAYS)]);
  await remove(wordsSql, [before(WORDS_KEPT_DAYS)]);
  await remove(lostSql, [before(1), now.toISOString()]);
  await remove(strangersSql);
  for (const table of tablesOfApps) await remove(deleteOrphansSql(table, ROWS_AT_ONCE));
  // A partitioned table has no row identity of its own.
  await remove(`delete from stats_events where app_id in (${unknownAppsSql('stats_events')})`);
}
