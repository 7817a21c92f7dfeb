// Tombstones of apps: for the statistics that still list them, and for bytes whose removal was cut short.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

const TOMBSTONE_DAYS = 35;

/** Those whose bytes may still be stored. */
export async function listUnfinishedRemovals(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('deleted_apps').select('app_uuid').where('files_removed_at', 'is', null).execute();
  return rows.map(({ app_uuid }) => app_uuid);
}

export async function noteFilesRemoved(db: Db, app_uuid: string): Promise<void> {
  await db
    .updateTable('deleted_apps')
    .set({ files_removed_at: sql<Date>`now()` })
    .where('app_uuid', '=', app_uuid)
    .execute();
}

/** Forgets those that nothing is left of. Returns how many. */
export async function purgeTombstones(db: Db): Promise<number> {
  const purged = await db
    .deleteFrom('deleted_apps')
    .where('files_removed_at', 'is not', null)
    .where('deleted_at', '<', sql<Date>`now() - make_interval(days => ${TOMBSTONE_DAYS})`)
    .executeTakeFirst();
  return Number(purged.numDeletedRows);
}
