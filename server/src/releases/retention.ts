// The nightly clean-up of releases: bundles past their app's retention, rows nobody can need any more, forgotten overrides.

import { sql } from 'kysely';
import type { Logger } from 'pino';
import { listAppIds, lockApp } from '../accounts/apps.ts';
import { systemActor } from '../accounts/caller.ts';
import { listUnfinishedRemovals, purgeTombstones } from '../accounts/deleted-apps.ts';
import { purgeInvitations } from '../accounts/invite.ts';
import type { BlobDriver } from '../blobs/driver.ts';
import type { Config } from '../config.ts';
import type { Database, Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import { DAY_MS } from '../utc-day.ts';
import { removeAppFiles } from './apps.ts';
import { forgetHistory } from './release-history.ts';
import { softDeleteUnused } from './unused-bundles.ts';

const DAY_SECONDS = 86_400;
/** Up to here the number means days: who follows the documentation's example of 30 must not lose bundles after 30 seconds. */
const MOST_DAYS = 730;
const DELETED_BUNDLE_DAYS = 90;

/** Seconds that an unused bundle is kept, or undefined for ever. */
export function retentionSeconds(retention: number): number | undefined {
  if (retention === 0) return undefined;
  return retention <= MOST_DAYS ? retention * DAY_SECONDS : retention;
}

interface Parts {
  database: Database;
  blobs: BlobDriver;
  log: Logger;
  config: Config;
}

export function releaseRetentionQueue(parts: Parts): JobQueue {
  return {
    name: 'release-retention',
    cron: '40 0 * * *',
    run: (_data, signal) => cleanUp(parts, new Date(), signal),
  };
}

/** Everything in turn; each app in its own transaction, so that one that fails holds up only itself. */
export async function cleanUp({ database, blobs, log, config }: Parts, now: Date, signal?: AbortSignal): Promise<void> {
  const { db } = database;
  for (const app_id of await listAppIds(db)) {
    signal?.throwIfAborted();
    const removed = await expireBundles(db, app_id, now);
    if (removed.length > 0) log.info({ app_id, removed }, 'bundles past their retention were deleted');
  }
  const purged = await purgeRows(db, config.overrideRetentionDays);
  log.info(purged, 'rows of old releases were purged');
  await forgetHistory(db, new Date(now.getTime() - config.statsRetentionDays * DAY_MS), signal);
  await finishDeletions(db, blobs);
}

/** Deletes bundles that are older than the app keeps them and that no channel serves or may return to. Returns their names. */
async function expireBundles(db: Db, app_id: string, now: Date): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    const app = await lockApp(trx, app_id);
    const seconds = app && retentionSeconds(app.retention);
    if (seconds === undefined) return [];
    return softDeleteUnused(trx, systemActor, app_id, new Date(now.getTime() - seconds * 1000));
  });
}

async function purgeRows(db: Db, overrideDays: number): Promise<Record<string, number>> {
  const bundles = await sql`
    delete from bundles b
    where deleted and deleted_at < now() - make_interval(days => ${DELETED_BUNDLE_DAYS})
      and not exists (select from channels c where c.version = b.id or c.rollout_version = b.id)`.execute(db);
  const overrides =
    overrideDays === 0
      ? undefined
      : await db
          .deleteFrom('channel_devices')
          .where('updated_at', '<', sql<Date>`now() - make_interval(days => ${overrideDays})`)
          .executeTakeFirst();
  return {
    bundles: Number(bundles.numAffectedRows ?? 0),
    invitations: await purgeInvitations(db),
    deleted_apps: await purgeTombstones(db),
    overrides: Number(overrides?.numDeletedRows ?? 0),
  };
}

/** Bytes of deleted apps whose removal was cut short. */
async function finishDeletions(db: Db, blobs: BlobDriver): Promise<void> {
  for (const app_uuid of await listUnfinishedRemovals(db)) await removeAppFiles(db, blobs, app_uuid);
}
