// What pages ask outcomes for: a place in the release, and a time.

import { type RawBuilder, sql } from 'kysely';

export interface OutcomeFilter {
  app_id: string;
  bundle?: string;
  channel?: string;
  platform?: string;
  native?: string;
  /** Production builds on real devices when absent. */
  builds?: 'production' | 'test' | 'all';
}

/** Rows of `outcome_counts` and `device_outcomes` alike. */
export function isAsked({
  app_id,
  bundle,
  channel,
  platform,
  native,
  builds = 'production',
}: OutcomeFilter): RawBuilder<boolean> {
  const conditions = [
    sql`app_id = ${app_id}`,
    ...(bundle === undefined ? [] : [sql`bundle_name = ${bundle}`]),
    ...(channel === undefined ? [] : [sql`channel = ${channel}`]),
    ...(platform === undefined ? [] : [sql`platform = ${platform}`]),
    ...(native === undefined ? [] : [sql`version_build = ${native}`]),
    ...(builds === 'all' ? [] : [sql`is_test = ${builds === 'test'}`]),
  ];
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

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
