// Releases about which somebody may still have to decide.

import { type RawBuilder, sql } from 'kysely';
import { type AppIds, isAmongApps } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import type { ReleaseRow } from './release-record.ts';

/**
 * A subquery of release ids: those under way, and those that the server took back by itself. What a person did to the channel since
 * is an answer.
 */
export const unansweredReleaseIds = (apps: AppIds): RawBuilder<number> => sql`(
  select r.id from releases r where ${isAmongApps(sql`r.app_id`, apps)} and (r.ended_at is null or (
    r.state = 'taken_back' and not exists (select from releases later
      where later.channel_id = r.channel_id and later.app_id = r.app_id and later.id > r.id and later.actor_type <> 'system'))))`;

/** A subquery of the ids of releases under way. */
export const openReleaseIds = (apps: AppIds): RawBuilder<number> => sql`(
  select r.id from releases r where ${isAmongApps(sql`r.app_id`, apps)} and r.ended_at is null)`;

export async function findReleases(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, ReleaseRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('releases').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

interface PausedRollout {
  readonly app_id: string;
  readonly channel_id: number;
  readonly channel_name: string;
  readonly reason: string;
  readonly at: Date;
  readonly is_paused: boolean;
}

/** Channels whose rollout the vendor's rule stopped, took back or spoke against, until somebody starts or resumes one. */
export function listStoppedByRule(db: Db, apps: AppIds, limit: number): Promise<PausedRollout[]> {
  return (
    db
      .selectFrom('channels')
      .select(['app_id', 'id as channel_id', 'name as channel_name'])
      .select((eb) => eb.ref('rollout_pause_reason').$notNull().as('reason'))
      .select((eb) => eb.ref('auto_pause_last_triggered_at').$notNull().as('at'))
      .select(sql<boolean>`rollout_paused_at is not null`.as('is_paused'))
      .where(isAmongApps(sql`app_id`, apps))
      .where('auto_pause_last_triggered_at', 'is not', null)
      .where('rollout_pause_reason', 'is not', null)
      // A pause of before, or by somebody else, has another time.
      .where(sql<boolean>`(rollout_paused_at is null or rollout_paused_at = auto_pause_last_triggered_at)`)
      .where(
        sql<boolean>`not exists (select from releases r where r.channel_id = channels.id and r.app_id = channels.app_id
        and r.started_at > auto_pause_last_triggered_at and r.actor_type <> 'system')`,
      )
      .orderBy('auto_pause_last_triggered_at', 'desc')
      .limit(limit)
      .execute()
  );
}
