// A device that was offered a bundle and of which nothing was heard for a day: nobody reports that, so a job notes it.

import type { Database } from '../db/database.ts';
import { inBatches } from '../db/in-batches.ts';
import { DAY_MS } from '../utc-day.ts';
import { countMoves } from './heard.ts';
import { WORD } from './outcome-words.ts';

const SILENT_AFTER_MS = DAY_MS;
const ROWS_AT_ONCE = 500;
/** Silence is noted in the slot of folded rows: one process at a time runs the job. */
const SLOT = 0;

/**
 * A device that asks again and again without downloading is heard of: its row in the registry tells, which notes a repeated
 * offer every ten minutes.
 */
const silentSql = `
with quiet as (
  select o.device_id, o.app_id, o.bundle_name from device_outcomes o
  where o.word = ${WORD.offered} and o.at < $1::timestamptz and not exists (
    select from devices d where d.device_id = o.device_id and d.app_id = o.app_id
      and greatest(d.offered_at, d.updated_at) >= $1::timestamptz)
  order by o.at limit ${ROWS_AT_ONCE}
  for update of o skip locked
),
moved as (
  update device_outcomes o set word = ${WORD.silent}, reached = o.reached | ${1 << WORD.silent}, at = $2::timestamptz
  from quiet q where o.device_id = q.device_id and o.app_id = q.app_id and o.bundle_name = q.bundle_name
  returning o.*
),
moves as (
  select app_id, bundle_name, channel, platform, version_build, is_test, word, code, 1 as entered, 0 as gone, 0 as first from moved
  union all
  select app_id, bundle_name, channel, platform, version_build, is_test, ${WORD.offered}, '', 0, 1, 0 from moved
),
counted as (${countMoves({ slot: `${SLOT}`, at: '$2' })})
select count(*) from moved`;

export async function markSilent(database: Database, now: Date, signal?: AbortSignal): Promise<void> {
  const before = new Date(now.getTime() - SILENT_AFTER_MS).toISOString();
  const mark = async () => Number((await database.query(silentSql, [before, now.toISOString()])).rows[0]!['count']);
  await inBatches(ROWS_AT_ONCE, mark, signal);
}
