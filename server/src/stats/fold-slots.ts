// Folds the rollup rows that processes wrote side by side into one, once their time has passed: see db/rollup-slot.ts.

import type { Database } from '../db/database.ts';
import { inBatches } from '../db/in-batches.ts';

/** A few milliseconds of locks; on an embedded database nobody else is answered meanwhile. */
const ROWS_AT_ONCE = 1_000;

interface Rollup {
  table: string;
  key: readonly string[];
  sums: readonly string[];
  /** The column that holds the time. */
  time: string;
}

const rollups: readonly Rollup[] = [
  {
    table: 'stats_daily',
    key: ['app_id', 'day', 'action', 'version_name', 'channel', 'platform'],
    sums: ['count'],
    time: 'day',
  },
  { table: 'held_back_daily', key: ['app_id', 'day', 'reason'], sums: ['count'], time: 'day' },
  { table: 'mau_daily', key: ['app_id', 'day'], sums: ['devices'], time: 'day' },
  { table: 'native_daily', key: ['app_id', 'day', 'platform', 'version_build'], sums: ['devices'], time: 'day' },
  {
    table: 'outcome_counts',
    key: [
      ...['app_id', 'grain', 'at', 'bundle_name', 'word', 'channel', 'platform', 'version_build', 'is_test', 'code'],
    ],
    sums: ['entered', 'gone', 'first'],
    time: 'at',
  },
];

/** `today`, `YYYY-MM-DD`, and later days are left alone: processes still add to them. */
export async function foldSlots(database: Database, today: string, signal?: AbortSignal): Promise<void> {
  for (const rollup of rollups) {
    const text = foldSql(rollup);
    const fold = async () => Number((await database.query(text, [today, ROWS_AT_ONCE])).rows[0]!['count']);
    await inBatches(ROWS_AT_ONCE, fold, signal);
  }
}

function foldSql({ table, key, sums, time }: Rollup): string {
  const names = key.join(', ');
  const totals = sums.map((name) => `sum(${name})`).join(', ');
  const added = sums.map((name) => `${name} = ${table}.${name} + excluded.${name}`).join(', ');
  // In the order in which who counts locks rows, and without those that somebody counts in just now: they are left for the next night.
  return `
with taken as (
  delete from ${table} where ctid = any(array(
    select ctid from ${table} where slot <> 0 and ${time} < $1::date order by ${names}, slot limit $2 for update skip locked))
  returning *
),
folded as (
  insert into ${table} (${names}, slot, ${sums.join(', ')})
  select ${names}, 0, ${totals} from taken group by ${names} order by ${names}
  on conflict (${names}, slot) do update set ${added}
)
select count(*) from taken`;
}
