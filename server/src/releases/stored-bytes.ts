// How much an app's bundles weigh.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** The bytes of the bundles that are not deleted, by app; apps without any are absent. */
export async function readStoredBytes(db: Db, app_ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('bundles')
    .select(['app_id', sql<number>`sum(size)::float8`.as('bytes')])
    .where(sql<boolean>`app_id = any(${[...app_ids]}::text[])`)
    .where('deleted', '=', false)
    .groupBy('app_id')
    .execute();
  return new Map(rows.map(({ app_id, bytes }) => [app_id, bytes]));
}
