// Resumable uploads between their requests: what has come so far, in parts in the blob store, listed in the database.
// An offset is acknowledged only when its part is stored and its row is committed, so a crash loses no acknowledged byte,
// and any process of a fleet can go on with any upload.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ObjectKind } from '../db/tables/releases.ts';
import { DAY_MS } from '../utc-day.ts';
import type { BlobDriver } from './driver.ts';

export interface PendingUpload {
  id: string;
  app_uuid: string;
  kind: ObjectKind;
  sha256: string;
  size: number;
  received: number;
  updated_at: Date;
}

export const UPLOAD_PARTS_PREFIX = 'uploads/';

/** An upload that nobody goes on with is given up after this time. */
export const UPLOAD_LIFETIME_MS = DAY_MS;

export async function createUpload(db: Db, { id, app_uuid, kind, sha256, size }: PendingUpload): Promise<void> {
  await db.insertInto('uploads').values({ id, app_uuid, kind, sha256, size }).execute();
}

export async function findUpload(db: Db, id: string): Promise<PendingUpload | undefined> {
  return db
    .selectFrom('uploads')
    .select(['id', 'app_uuid', 'kind', 'sha256', 'size', 'received', 'updated_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Stores the file's bytes as what follows `received`. False when another request was faster; then nothing is kept. */
export async function appendPart(
  db: Db,
  blobs: BlobDriver,
  { id, received }: Pick<PendingUpload, 'id' | 'received'>,
  part: { path: string; size: number },
): Promise<boolean> {
  const blob_key = `${UPLOAD_PARTS_PREFIX}${id}/${received}-${randomUUID()}`;
  await blobs.put(blob_key, { path: part.path });
  const isNext = await db.transaction().execute(async (trx) => {
    if (!(await advance(trx, id, received, part.size))) return false;
    await trx.insertInto('upload_parts').values({ upload_id: id, first_byte: received, blob_key }).execute();
    return true;
  });
  if (!isNext) await blobs.remove([blob_key]);
  return isNext;
}

async function advance(trx: Db, id: string, received: number, bytes: number): Promise<boolean> {
  const updated = await trx
    .updateTable('uploads')
    .set({ received: received + bytes, updated_at: sql`now()` })
    .where('id', '=', id)
    .where('received', '=', received)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** All stored parts as one stream. */
export function readParts(db: Db, blobs: BlobDriver, id: string): Readable {
  return Readable.from(concatenate(), { objectMode: false });

  async function* concatenate(): AsyncGenerator<Buffer> {
    for (const { blob_key } of await listParts(db, id)) {
      const part = await blobs.read(blob_key);
      if (part === undefined) throw new Error(`The part ${blob_key} of an upload is gone`);
      yield* part.stream;
    }
  }
}

/** Notes that all bytes came, `lastBytes` of them with the last part; the parts are no longer needed. */
export async function completeUpload(
  db: Db,
  blobs: BlobDriver,
  { id, received }: Pick<PendingUpload, 'id' | 'received'>,
  lastBytes: number,
): Promise<boolean> {
  const isComplete = await advance(db, id, received, lastBytes);
  if (isComplete) await removeParts(db, blobs, id);
  return isComplete;
}

export async function deleteUpload(db: Db, blobs: BlobDriver, id: string): Promise<void> {
  await removeParts(db, blobs, id);
  await db.deleteFrom('uploads').where('id', '=', id).execute();
}

async function removeParts(db: Db, blobs: BlobDriver, id: string): Promise<void> {
  const keys = (await listParts(db, id)).map((part) => part.blob_key);
  await db.deleteFrom('upload_parts').where('upload_id', '=', id).execute();
  await blobs.remove(keys);
}

async function listParts(db: Db, id: string): Promise<{ blob_key: string }[]> {
  const parts = db.selectFrom('upload_parts').select('blob_key').where('upload_id', '=', id);
  return parts.orderBy('first_byte').execute();
}

/** Forgets uploads that nobody went on with; their parts are then listed nowhere. */
export async function removeOldUploads(db: Db, olderThan: Date): Promise<number> {
  const removed = await db.deleteFrom('uploads').where('updated_at', '<', olderThan).returning('id').execute();
  return removed.length;
}

/** For parts found in the blob store: a part is stored shortly before it is listed, so look only at old ones. */
export async function removePartUnlessListed(db: Db, blobs: BlobDriver, key: string): Promise<void> {
  const part = await db.selectFrom('upload_parts').select('blob_key').where('blob_key', '=', key).executeTakeFirst();
  if (part === undefined) await blobs.remove([key]);
}
