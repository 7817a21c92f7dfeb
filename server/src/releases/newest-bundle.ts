// The bundle that a release is about.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isRollingOut, isUsable } from './sql.ts';

/** The newest bundle that a channel serves: that of its rollout while one is under way. Undefined when it serves none of ours. */
export async function findNewestBundle(db: Db, app_id: string, channel: string): Promise<string | undefined> {
  const newest = sql<number>`case when ${isRollingOut} then c.rollout_version else c.version end`;
  const row = await db
    .selectFrom('channels as c')
    .innerJoin('bundles as b', (join) => join.onRef('b.app_id', '=', 'c.app_id').on('b.id', '=', newest))
    .select('b.name')
    .where('c.app_id', '=', app_id)
    .where('c.name', '=', channel)
    .where(isUsable)
    .executeTakeFirst();
  return row?.name;
}
