// Downloads that arrived and that failed on the way, by period: of one bundle, and of all others of the app beside it.

import type { ArmsOfPeriod } from '@overair/protocol/rollouts/control-arm';
import type { Trials } from '@overair/protocol/rollouts/evidence';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { WORD } from './outcome-words.ts';

interface DownloadQuery {
  readonly app_id: string;
  readonly channel: string;
  readonly bundle: string;
  readonly from: Date;
  /** The first moment that does not count. */
  readonly to: Date;
  readonly periodMs: number;
}

interface Period extends ArmsOfPeriod {
  readonly at: Date;
}

/** Periods in which the bundle was downloaded, oldest first; minutes are kept for a week. Production builds on real devices. */
export async function listDownloads(db: Db, query: DownloadQuery): Promise<Period[]> {
  const { app_id, channel, bundle, from, to, periodMs } = query;
  const isOurs = sql`(bundle_name = ${bundle} and channel = ${channel})`;
  // The bundle on another channel is neither: it would be its own control arm.
  const isControl = sql`(bundle_name <> ${bundle} and bundle_name <> '')`;
  const { rows } = await sql<Record<'at' | 'passed' | 'failed' | 'control_passed' | 'control_failed', number>>`
    with periods as (
      select floor(extract(epoch from at - ${from}::timestamptz) * 1000 / ${sql.lit(periodMs)})::int as at,
        word = ${sql.lit(WORD.downloaded)} as has_passed, ${isOurs} as is_ours, ${isControl} as is_control, sum(entered) as devices
      from outcome_counts
      where app_id = ${app_id} and grain = 'minute' and at >= ${from} and at < ${to} and not is_test
        and word in (${sql.lit(WORD.downloaded)}, ${sql.lit(WORD.failedNetwork)}) and entered > 0
      group by 1, 2, 3, 4
    )
    select at, ${devices(sql`is_ours and has_passed`)} as passed, ${devices(sql`is_ours and not has_passed`)} as failed,
      ${devices(sql`is_control and has_passed`)} as control_passed, ${devices(sql`is_control and not has_passed`)} as control_failed
    from periods group by at order by at`.execute(db);
  return rows.map(({ at, passed, failed, control_passed, control_failed }) => ({
    at: new Date(from.getTime() + at * periodMs),
    ours: { passed, failed },
    control: { passed: control_passed, failed: control_failed },
  }));
}

const devices = (condition: ReturnType<typeof sql>) =>
  sql`coalesce(sum(devices) filter (where ${condition}), 0)::float8`;

export const isEmpty = ({ passed, failed }: Trials): boolean => passed + failed === 0;
