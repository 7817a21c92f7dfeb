// Gives back the space of bytes that no bundle needs: replaced, never registered, of deleted apps, or left by a crash.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { type BlobDriver, objectKey } from './driver.ts';
import { lockObject, type StoredObject } from './stored-objects.ts';
import { removeOldUploads, removePartUnlessListed, UPLOAD_PARTS_PREFIX } from './upload-parts.ts';

interface Removed {
  /** Stored objects whose bytes were removed. */
  objects: number;
  /** Resumable uploads that were given up. */
  uploads: number;
}

type ObjectName = Pick<StoredObject, 'app_uuid' | 'sha256'>;

const BATCH_SIZE = 500;

/** A condition on a row of stored objects: somebody needs it, or did at some time since `olderThan`. */
export type IsNeeded = (
  object: { app_uuid: RawBuilder<string>; sha256: RawBuilder<string> },
  olderThan: Date,
) => RawBuilder<boolean>;

/**
 * Removes what has been without use since before `olderThan`. Safe beside uploads and beside itself: bytes go only after their row, so a run that is
 * cut off leaves unlisted bytes at most, which the next one finds.
 */
export async function removeUnusedObjects(
  db: Db,
  blobs: BlobDriver,
  olderThan: Date,
  isNeeded: IsNeeded,
): Promise<Removed> {
  const uploads = await removeOldUploads(db, olderThan);
  let objects = 0;
  const nextBatch = () => unlistUnused(db, olderThan, isNeeded);
  for (let batch = await nextBatch(); batch.length > 0; batch = await nextBatch()) {
    for (const object of batch) objects += Number(await removeUnlessListed(db, blobs, object));
  }
  for await (const { key, modified_at } of blobs.list('')) {
    if (modified_at >= olderThan) continue;
    const object = parseObjectKey(key);
    if (object !== undefined) objects += Number(await removeUnlessListed(db, blobs, object));
    else if (key.startsWith(UPLOAD_PARTS_PREFIX)) await removePartUnlessListed(db, blobs, key);
  }
  return { objects, uploads };
}

async function unlistUnused(db: Db, olderThan: Date, isNeeded: IsNeeded): Promise<ObjectName[]> {
  const needed = isNeeded({ app_uuid: sql`o.app_uuid`, sha256: sql`o.sha256` }, olderThan);
  const unlisted = await sql<ObjectName>`
    with unused as (
      select o.app_uuid, o.sha256 from stored_objects o where o.used_at < ${olderThan} and not ${needed}
      limit ${BATCH_SIZE} for update of o skip locked
    )
    delete from stored_objects o using unused u
    where o.app_uuid = u.app_uuid and o.sha256 = u.sha256 returning o.app_uuid, o.sha256
  `.execute(db);
  return unlisted.rows;
}

/** Under the lock, so that an upload of the same bytes either has its row already or looks for its bytes afterwards. */
async function removeUnlessListed(db: Db, blobs: BlobDriver, object: ObjectName): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await lockObject(trx, object);
    const query = trx.selectFrom('stored_objects').select('sha256').where('app_uuid', '=', object.app_uuid);
    const listed = await query.where('sha256', '=', object.sha256).executeTakeFirst();
    if (listed !== undefined) return false;
    await blobs.remove([objectKey(object.app_uuid, object.sha256)]);
    return true;
  });
}

function parseObjectKey(key: string): ObjectName | undefined {
  const [, app_uuid, head, rest] = /^([0-9a-f-]{36})\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(key) ?? [];
  return app_uuid && head && rest ? { app_uuid, sha256: head + rest } : undefined;
}
