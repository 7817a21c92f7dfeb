// How long outcomes are kept: minutes for a week, hours for 90 days, days for ever. Single devices for as long as they matter.

import { listAppIds } from '../accounts/apps.ts';
import { deleteOrphansSql, unknownAppsSql } from '../accounts/orphans.ts';
import type { Database } from '../db/database.ts';
import { inBatches } from '../db/in-batches.ts';
import { DAY_MS } from '../utc-day.ts';
import { countMoves } from './heard.ts';
import { countedWord, WORD } from './outcome-words.ts';

export const MINUTES_KEPT_DAYS = 7;
export const HOURS_KEPT_DAYS = 90;
/** How long a device that comes back to a bundle is known to have had it. */
const REPLACED_KEPT_DAYS = 90;
const ROWS_AT_ONCE = 1_000;

/** By app, because the key of the table begins with it. */
const countsSql = `
delete from outcome_counts where ctid = any(array(
  select ctid from outcome_counts where app_id = $1 and grain = $2 and at < $3::timestamptz limit ${ROWS_AT_ONCE}))`;

/**
 * A page of devices' words, in the order of the key. A word stands for as long as the registry knows the device, because a device that is
 * active counts once: its failure of months ago too. With a device that was purged it goes and is counted as gone; what was replaced
 * counts nowhere and only goes. A word that is not a day old may be of a device that is noted in a moment, one that changes meanwhile stays.
 */
const wordsSql = `
with page as (
  select app_id, device_id, bundle_name, word, at from device_outcomes
  where (app_id, device_id, bundle_name) > ($1, $2, $3) order by app_id, device_id, bundle_name limit ${ROWS_AT_ONCE}
),
over as (
  delete from device_outcomes o using page p
  where o.app_id = p.app_id and o.device_id = p.device_id and o.bundle_name = p.bundle_name and o.word = p.word and o.at = p.at
    and (o.word = ${WORD.replaced} and o.at < $4::timestamptz or o.at < $5::timestamptz
      and not exists (select from devices d where d.app_id = o.app_id and d.device_id = o.device_id))
  returning o.*
),
moves as (
  select app_id, bundle_name, channel, platform, version_build, is_test, ${countedWord('word')} as word, code, 0 as entered, 1 as gone,
    0 as first
  from over where word <> ${WORD.replaced}
),
counted as (${countMoves({ slot: '0', at: '$6' })})
select app_id, device_id, bundle_name, count(*) over () as count from page order by app_id desc, device_id desc, bundle_name desc limit 1`;

/** The walk over the apps of a table needs an index that begins with them. */
const tablesOfApps = [
  'stats_daily',
  'held_back_daily',
  'mau_daily',
  'native_daily',
  'device_outcomes',
  'outcome_counts',
];

export async function sweepOutcomes(database: Database, now: Date, signal?: AbortSignal): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString();
  const remove = (text: string, values: readonly unknown[] = []) =>
    inBatches(ROWS_AT_ONCE, async () => (await database.query(text, values)).rowCount, signal);
  for (const app_id of await listAppIds(database.db)) {
    await remove(countsSql, [app_id, 'minute', before(MINUTES_KEPT_DAYS)]);
    await remove(countsSql, [app_id, 'hour', before(HOURS_KEPT_DAYS)]);
  }
  let last: readonly unknown[] = ['', '', ''];
  const walk = async () => {
    const values = [...last, before(REPLACED_KEPT_DAYS), before(1), now.toISOString()];
    const [row] = (await database.query(wordsSql, values)).rows;
    if (row) last = [row['app_id'], row['device_id'], row['bundle_name']];
    return Number(row?.['count'] ?? 0);
  };
  await inBatches(ROWS_AT_ONCE, walk, signal);
  for (const table of tablesOfApps) await remove(deleteOrphansSql(table, ROWS_AT_ONCE));
  // A partitioned table has no row identity of its own.
  await remove(`delete from stats_events where app_id in (${unknownAppsSql('stats_events')})`);
}
