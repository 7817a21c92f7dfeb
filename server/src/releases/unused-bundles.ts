// Deletes bundles that no channel serves, or may return to.

import { sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { bundleColumns, softDelete } from './bundles.ts';
import { cannotFindApp } from './errors.ts';
import { listBundlesToReturnTo } from './release-record.ts';
import { storeBundleNames } from './version-name.ts';

/** Returns their names. */
export async function deleteUnusedBundles(db: Db, actor: Actor, app_id: string): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotFindApp(app_id);
    return softDeleteUnused(trx, actor, app_id);
  });
}

/**
 * Call with the app locked. `olderThan` spares what was created after it. Spared as well is what a channel would return to: devices may
 * run it still, and without it a bad release could not be stopped without a loss.
 */
export async function softDeleteUnused(trx: Db, actor: Actor, app_id: string, olderThan?: Date): Promise<string[]> {
  const spared = await listBundlesToReturnTo(trx, app_id);
  let query = trx
    .selectFrom('bundles')
    .select(bundleColumns)
    .where('app_id', '=', app_id)
    .where('deleted', '=', false)
    .where('name', 'not in', storeBundleNames)
    .where(
      sql<boolean>`not exists (select from channels c where c.app_id = bundles.app_id and (c.version = bundles.id or c.rollout_version = bundles.id))`,
    )
    .where(sql<boolean>`id <> all (${spared}::int[])`);
  if (olderThan) query = query.where('created_at', '<', olderThan);
  const bundles = await query.orderBy('id').execute();
  for (const bundle of bundles) await softDelete(trx, actor, bundle);
  return bundles.map(({ name }) => name);
}
