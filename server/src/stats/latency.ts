// How long it takes from a promotion until devices run the bundle, out of the counts of first starts.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isAsked, type OutcomeFilter } from './outcome-filter.ts';
import { MINUTES_KEPT_DAYS } from './outcome-retention.ts';
import { WORD } from './outcome-words.ts';
import { grainMs } from './outcomes.ts';

/** A moment from which a channel served a bundle. */
interface Promotion {
  channel: string;
  bundle: string;
  at: Date;
}

interface Starts {
  bundle_name: string;
  channel: string;
  platform: string;
  at: Date;
  grain: 'minute' | 'hour';
  count: number;
}

/**
 * Percentiles in seconds, over all platforms and by each. Exact to half a minute for the last week, to half an hour before:
 * where a rollout began that is no promotion, the first offer counts as one.
 */
export async function readLatency(
  db: Db,
  query: OutcomeFilter & { from: Date; to: Date },
  promotions: readonly Promotion[],
  now: Date,
) {
  const [starts, offers] = await Promise.all([readStarts(db, query, now), readFirstOffers(db, query)]);
  const measured = starts.flatMap((each) => {
    const since = promotionOf(each, promotions) ?? offers.get(`${each.channel}\n${each.bundle_name}`);
    if (since === undefined) return [];
    const middle = each.at.getTime() + grainMs[each.grain] / 2;
    return [{ platform: each.platform, seconds: Math.max(0, (middle - since.getTime()) / 1_000), count: each.count }];
  });
  if (measured.length === 0) return [];
  const byPlatform = [...Map.groupBy(measured, ({ platform }) => platform)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [['all', measured] as const, ...byPlatform].map(([platform, all]) => ({ platform, ...percentilesOf(all) }));
}

async function readStarts(db: Db, query: OutcomeFilter & { from: Date; to: Date }, now: Date): Promise<Starts[]> {
  const minutesFrom = new Date(now.getTime() - MINUTES_KEPT_DAYS * grainMs.day);
  const { rows } = await sql<Starts>`
    select bundle_name, channel, platform, at, grain, sum(first)::float8 as count from outcome_counts
    where ${isAsked(query)} and word = ${WORD.running} and first > 0 and at >= ${query.from} and at < ${query.to}
      and grain = case when at >= date_trunc('day', ${minutesFrom}::timestamptz + interval '1 day', 'UTC') then 'minute' else 'hour' end
    group by bundle_name, channel, platform, at, grain`.execute(db);
  return rows;
}

async function readFirstOffers(db: Db, filter: OutcomeFilter): Promise<Map<string, Date>> {
  const { rows } = await sql<{ channel: string; bundle_name: string; at: Date }>`
    select channel, bundle_name,
      coalesce(min(at) filter (where grain = 'minute'), min(at) filter (where grain = 'hour'), min(at)) as at
    from outcome_counts where ${isAsked(filter)} and word = ${WORD.offered} and first > 0
    group by channel, bundle_name`.execute(db);
  return new Map(rows.map(({ channel, bundle_name, at }) => [`${channel}\n${bundle_name}`, at]));
}

/** The last one before the devices started: a bundle may be promoted, taken back, and promoted again. */
function promotionOf({ channel, bundle_name, at, grain }: Starts, promotions: readonly Promotion[]): Date | undefined {
  const end = at.getTime() + grainMs[grain];
  const earlier = promotions.filter(
    (each) => each.channel === channel && each.bundle === bundle_name && each.at.getTime() < end,
  );
  return earlier.reduce<Date | undefined>(
    (last, { at: next }) => (last === undefined || next > last ? next : last),
    undefined,
  );
}

function percentilesOf(measured: readonly { seconds: number; count: number }[]) {
  const sorted = measured.toSorted((a, b) => a.seconds - b.seconds);
  const devices = sorted.reduce((sum, { count }) => sum + count, 0);
  const at = (share: number) => {
    let seen = 0;
    for (const { seconds, count } of sorted) {
      seen += count;
      if (seen >= share * devices) return Math.round(seconds);
    }
    return 0;
  };
  return { devices, p50: at(0.5), p75: at(0.75), p95: at(0.95), p99: at(0.99) };
}
