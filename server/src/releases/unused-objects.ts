// Every night: removes uploaded bytes that no bundle uses, a day after they came.

import type { BlobDriver } from '../blobs/driver.ts';
import { removeUnusedObjects } from '../blobs/unused-objects.ts';
import { uploadLifetimeMs } from '../blobs/upload-parts.ts';
import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import type { Log } from '../log.ts';

export function unusedObjectsQueue(parts: { database: Database; blobs: BlobDriver; log: Log }): JobQueue {
  const { database, blobs, log } = parts;
  return {
    name: 'unused-objects',
    cron: '20 2 * * *',
    async run() {
      const removed = await removeUnusedObjects(database.db, blobs, new Date(Date.now() - uploadLifetimeMs));
      if (removed.objects + removed.uploads > 0) log.info(removed, 'unused bytes were removed');
    },
  };
}
