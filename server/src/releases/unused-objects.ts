// Every night: removes uploaded bytes that no bundle uses, a day after they came.

import { sql } from 'kysely';
import { appIdOf } from '../accounts/apps.ts';
import type { BlobDriver } from '../blobs/driver.ts';
import { type IsNeeded, removeUnusedObjects } from '../blobs/unused-objects.ts';
import { UPLOAD_LIFETIME_MS } from '../blobs/upload-parts.ts';
import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';

export function unusedObjectsQueue(parts: { database: Database; blobs: BlobDriver; log: Log }): JobQueue {
  const { database, blobs, log } = parts;
  return {
    name: 'unused-objects',
    cron: '20 2 * * *',
    async run() {
      const removed = await removeUnusedObjects(
        database.db,
        blobs,
        new Date(Date.now() - UPLOAD_LIFETIME_MS),
        isInBundle,
      );
      if (removed.objects + removed.uploads > 0) log.info(removed, 'unused bytes were removed');
    },
  };
}

/** A deleted bundle counts until `olderThan`: devices may still be downloading it. */
export const isInBundle: IsNeeded = ({ app_uuid, sha256 }, olderThan) => {
  const isOfApp = sql`b.app_id = ${appIdOf(app_uuid)} and (not b.deleted or b.deleted_at >= ${olderThan})`;
  return sql<boolean>`(
    exists (select from bundles b where b.object_sha256 = ${sha256} and ${isOfApp})
    or exists (
      select from manifest_entries m join bundles b on b.id = m.bundle_id
      where m.object_sha256 = ${sha256} and m.app_id = b.app_id and ${isOfApp}))`;
};
