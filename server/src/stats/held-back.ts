// What was answered but left out of the numbers of an app, day by day.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { HeldBackReason } from '../db/tables/stats.ts';
import { addDays, type DayRange } from './days.ts';

type HeldBackDay = { date: string } & Record<HeldBackReason, number>;

/** One entry for each day of the range up to `today`. */
export async function readHeldBack(
  db: Db,
  app_id: string,
  { firstDay, days }: DayRange,
  today: string,
): Promise<HeldBackDay[]> {
  const rows = await db
    .selectFrom('held_back_daily')
    .select(['day', 'reason', 'count'])
    .where('app_id', '=', app_id)
    .where('day', '>=', sql<string>`${firstDay}::date`)
    .where('day', '<', sql<string>`${addDays(firstDay, days)}::date`)
    .execute();
  const dates = Array.from({ length: days }, (_, at) => addDays(firstDay, at)).filter((date) => date <= today);
  const byDate = new Map<string, HeldBackDay>(
    dates.map((date) => [date, { date, store_network: 0, new_device: 0, not_offered: 0 }]),
  );
  for (const { day, reason, count } of rows) {
    const own = byDate.get(day);
    if (own) own[reason] += Number(count);
  }
  return [...byDate.values()];
}
