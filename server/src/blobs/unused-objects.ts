// Gives back the space of bytes that no bundle needs: replaced, never registered, of deleted apps, or left by a crash.
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { type BlobDriver, objectKey } from './driver.ts';
import { lockObject, type StoredObject } from './stored-objects.ts';
import { removeOldUploads, removePartUnlessListed, uploadPartsPrefix } from './upload-parts.ts';

interface Removed {
  /** Stored objects whose bytes were removed. */
  objects: number;
  /** Resumable uploads that were given up. */
  uploads: number;
}

type ObjectName = Pick<StoredObject, 'app_uuid' | 'sha256'>;

const batchSize = 500;

/**
 * Removes what has been without use since before `olderThan`; a deleted bundle counts as used until then, since devices
 * may still be downloading it. Safe beside uploads and beside itself: bytes go only after their row, so a run that is
 * cut off leaves unlisted bytes at most, which the next one finds.
 */
export async function removeUnusedObjects(db: Db, blobs: BlobDriver, olderThan: Date): Promise<Removed> {
  const uploads = await removeOldUploads(db, olderThan);
  let objects = 0;
  for (let batch = await unlistUnused(db, olderThan); batch.length > 0; batch = await unlistUnused(db, olderThan)) {
    for (const object of batch) objects += Number(await removeUnlessListed(db, blobs, object));
  }
  for await (const { key, modified_at } of blobs.list('')) {
    if (modified_at >= olderThan) continue;
    const object = parseObjectKey(key);
    if (object !== undefined) objects += Number(await removeUnlessListed(db, blobs, object));
    else if (key.startsWith(uploadPartsPrefix)) await removePartUnlessListed(db, blobs, key);
  }
  return { objects, uploads };
}

async function unlistUnused(db: Db, olderThan: Date): Promise<ObjectName[]> {
  const isLive = sql`(not b.deleted or b.deleted_at >= ${olderThan})`;
  const unlisted = await sql<ObjectName>`
    with unused as (
      select o.app_uuid, o.sha256 from stored_objects o join apps a on a.id = o.app_uuid
      where o.used_at < ${olderThan}
        and not exists (
          select from bundles b where b.object_sha256 = o.sha256 and b.app_id = a.app_id and ${isLive})
        and not exists (
          select from manifest_entries m join bundles b on b.id = m.bundle_id
          where m.object_sha256 = o.sha256 and m.app_id = a.app_id and ${isLive})
      limit ${batchSize} for update of o skip locked
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
