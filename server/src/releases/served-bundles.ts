// What each channel of an app serves, in the names that people know, and when that was last changed.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

export interface ServedBundles {
  id: number;
  channel: string;
  /** A bundle name, or `builtin`. */
  bundle: string;
  /** The second bundle while there is one. */
  rollout: string | null;
  /** Basis points. */
  rollout_percentage_bps: number;
  rollout_enabled: boolean;
  rollout_paused: boolean;
  /** Of the channel, and of the bundles it serves, whichever is later. ISO 8601 in UTC to the microsecond. */
  changed_at: string;
  /** The channel's own, as it is shown elsewhere. */
  updated_at: Date;
}

export async function listServedBundles(db: Db, app_id: string): Promise<ServedBundles[]> {
  return db
    .selectFrom('channels as c')
    .leftJoin('bundles as v', 'v.id', 'c.version')
    .leftJoin('bundles as r', 'r.id', 'c.rollout_version')
    .select([
      'c.id',
      'c.name as channel',
      'r.name as rollout',
      'c.rollout_percentage_bps',
      'c.rollout_enabled',
      'c.updated_at',
    ])
    .select([
      sql<string>`coalesce(v.name, 'builtin')`.as('bundle'),
      sql<boolean>`c.rollout_paused_at is not null`.as('rollout_paused'),
      sql<string>`to_char(greatest(c.updated_at, v.updated_at, r.updated_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as(
        'changed_at',
      ),
    ])
    .where('c.app_id', '=', app_id)
    .orderBy('c.id')
    .execute();
}
