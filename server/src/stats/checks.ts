// How often the devices of an app ask, by the hour, and which fleets have fallen silent.

import { sql } from 'kysely';
import { type AppIds, isAmongApps } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import { DAY_MS, HOUR_MS } from '../utc-day.ts';

const WEEK_MS = 7 * DAY_MS;
/** Below so many checks an hour chance alone halves them. */
const LEAST_CHECKS = 100;
/** The beginning of a silence is looked for so far back. */
const LOOK_BACK_HOURS = 24;

/** The beginning of the hour, ISO 8601. */
export const hourOf = (ms: number): string => new Date(Math.floor(ms / HOUR_MS) * HOUR_MS).toISOString();

interface SilentFleet {
  readonly app_id: string;
  /** Checks of the last whole hour, and of the same hour of last week. */
  readonly checks: number;
  readonly usual: number;
  /** When the first of the silent hours began. */
  readonly since: Date;
}

interface HourRow {
  app_id: string;
  hour: Date;
  checks: number;
  usual: number;
}

/** Apps whose devices asked at most half as often in the last whole hour as in the same hour of last week. The worst first. */
export async function listSilentFleets(db: Db, apps: AppIds, now: Date, limit: number): Promise<SilentFleet[]> {
  const end = new Date(hourOf(now.getTime()));
  const silent = await readHours(db, apps, { from: new Date(end.getTime() - HOUR_MS), end });
  const worst = silent
    .filter(isSilent)
    .sort((a, b) => b.usual - b.checks - (a.usual - a.checks))
    .slice(0, limit);
  if (worst.length === 0) return [];
  const from = new Date(end.getTime() - LOOK_BACK_HOURS * HOUR_MS);
  const hours = Map.groupBy(
    await readHours(
      db,
      worst.map(({ app_id }) => app_id),
      { from, end },
    ),
    ({ app_id }) => app_id,
  );
  return worst.map(({ hour: _, ...fleet }) => ({ ...fleet, since: beginOf(hours.get(fleet.app_id) ?? [], end) }));
}

const isSilent = ({ checks, usual }: HourRow): boolean => usual >= LEAST_CHECKS && checks * 2 <= usual;

/** Hours without a check have no row of their own: what was usual leads. */
async function readHours(db: Db, apps: AppIds, { from, end }: { from: Date; end: Date }): Promise<HourRow[]> {
  const before = (at: Date) => new Date(at.getTime() - WEEK_MS);
  const { rows } = await sql<HourRow>`
    with usual as (
      select app_id, hour + interval '168 hours' as hour, sum(count)::float8 as count from checks_hourly
      where hour >= ${before(from)} and hour < ${before(end)} and ${isAmongApps(sql`app_id`, apps)}
      group by 1, 2 having sum(count) >= ${LEAST_CHECKS}
    ),
    seen as (
      select app_id, hour, sum(count)::float8 as count from checks_hourly
      where hour >= ${from} and hour < ${end} and ${isAmongApps(sql`app_id`, apps)}
      group by 1, 2
    )
    select app_id, hour, coalesce(seen.count, 0) as checks, usual.count as usual
    from usual left join seen using (app_id, hour)
    order by app_id, hour`.execute(db);
  return rows;
}

/** The first of the silent hours that lead up to `end` without a break. */
function beginOf(hours: readonly HourRow[], end: Date): Date {
  const silent = new Set(hours.filter(isSilent).map(({ hour }) => hour.getTime()));
  let beginMs = end.getTime();
  while (silent.has(beginMs - HOUR_MS)) beginMs -= HOUR_MS;
  return new Date(beginMs);
}

export async function dropChecksBefore(db: Db, oldest: Date): Promise<void> {
  await db.deleteFrom('checks_hourly').where('hour', '<', oldest).execute();
}
