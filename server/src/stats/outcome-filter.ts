// What pages ask outcomes for: a place in the release, and a time.

import { type RawBuilder, sql } from 'kysely';

export interface PlaceFilter {
  app_id: string;
  bundle?: string;
  channel?: string;
  platform?: string;
  native?: string;
}

export interface OutcomeFilter extends PlaceFilter {
  /** Production builds on real devices when absent. */
  builds?: 'production' | 'test' | 'all';
}

/** Rows of `outcome_counts`, `device_outcomes` and `stats_events` alike. */
export function isAtPlace({ app_id, bundle, channel, platform, native }: PlaceFilter): RawBuilder<boolean> {
  const conditions = [
    sql`app_id = ${app_id}`,
    ...(bundle === undefined ? [] : [sql`bundle_name = ${bundle}`]),
    ...(channel === undefined ? [] : [sql`channel = ${channel}`]),
    ...(platform === undefined ? [] : [sql`platform = ${platform}`]),
    ...(native === undefined ? [] : [sql`version_build = ${native}`]),
  ];
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

/** Rows of `outcome_counts` and `device_outcomes`. */
export const isAsked = ({ builds = 'production', ...place }: OutcomeFilter): RawBuilder<boolean> =>
  builds === 'all' ? isAtPlace(place) : sql`(${isAtPlace(place)} and is_test = ${builds === 'test'})`;

/**
 * The rows whose sum is all that happened before `at`: whole days, then the hours of its day, then the minutes of its hour. Where
 * minutes or hours are gone (outcome-retention.ts) it is exact to the hour, or to the day.
 */
export const isBefore = (at: Date): RawBuilder<boolean> => {
  const day = sql`date_trunc('day', ${at}::timestamptz, 'UTC')`;
  const hour = sql`date_trunc('hour', ${at}::timestamptz, 'UTC')`;
  return sql<boolean>`(
    (grain = 'day' and at < ${day}) or (grain = 'hour' and at >= ${day} and at < ${hour})
    or (grain = 'minute' and at >= ${hour} and at < ${at}::timestamptz))`;
};
