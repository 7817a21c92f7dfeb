// Which bytes each app has in the blob store: the register beside the driver, and the only way in.
import { sql } from 'kysely';
import type { Connection, Db } from '../db/database.ts';
import type { ObjectKind } from '../db/tables/releases.ts';
import { type BlobDriver, objectKey } from './driver.ts';

export interface StoredObject {
  app_uuid: string;
  sha256: string;
  size: number;
  crc32: string;
  kind: ObjectKind;
}

/**
 * Stores the file's bytes unless the app has them. The caller has checked that they are what `object` says.
 * Once it resolves they stay for at least a day, whatever removals run at the same time.
 */
export async function storeObject(
  db: Db,
  blobs: BlobDriver,
  object: StoredObject,
  path: string,
): Promise<{ existed: boolean }> {
  const key = objectKey(object.app_uuid, object.sha256);
  const existed = (await isRegistered(db, object)) && (await isWhole(blobs, key, object.size));
  if (!existed) await blobs.put(key, { path });
  await register(db, object);
  // A removal may have come between our look, or our put, and our row. From here on the row keeps the next one away.
  if (!(await isWhole(blobs, key, object.size))) await blobs.put(key, { path });
  return { existed };
}

async function isWhole(blobs: BlobDriver, key: string, size: number): Promise<boolean> {
  return (await blobs.stat(key))?.size === size;
}

async function isRegistered(db: Db, { app_uuid, sha256 }: StoredObject): Promise<boolean> {
  const query = db.selectFrom('stored_objects').select('sha256').where('app_uuid', '=', app_uuid);
  return (await query.where('sha256', '=', sha256).executeTakeFirst()) !== undefined;
}

/** Uploaded again as another kind, bytes keep the kind that was checked more strictly. */
async function register(db: Db, object: StoredObject): Promise<void> {
  const strictest = sql<ObjectKind>`case when 'zip' in (excluded.kind, stored_objects.kind) then 'zip'
    when 'encrypted' in (excluded.kind, stored_objects.kind) then 'encrypted' else 'file' end`;
  await db.transaction().execute(async (trx) => {
    await lockObject(trx, object);
    await trx
      .insertInto('stored_objects')
      .values(object)
      .onConflict((conflict) =>
        conflict.columns(['app_uuid', 'sha256']).doUpdateSet({ used_at: sql`now()`, kind: strictest }),
      )
      .execute();
  });
}

/** Until the end of the transaction nobody else registers or removes these bytes. */
export async function lockObject(
  trx: Db,
  { app_uuid, sha256 }: Pick<StoredObject, 'app_uuid' | 'sha256'>,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${app_uuid}/${sha256}`}, 0))`.execute(trx);
}

/** The hashes the app does not have. The others are kept for another day: the asker is about to rely on them. */
export async function findMissingObjects(db: Db, app_uuid: string, hashes: readonly string[]): Promise<string[]> {
  const asked = [...new Set(hashes)];
  await keepObjects(db, app_uuid, asked);
  const held = await db
    .selectFrom('stored_objects')
    .select('sha256')
    .where('app_uuid', '=', app_uuid)
    .where('sha256', '=', sql<string>`any(${asked}::text[])`)
    .execute();
  const present = new Set(held.map((row) => row.sha256));
  return asked.filter((sha256) => !present.has(sha256));
}

/** Refreshes `used_at`, at most once an hour. Ordered, to avoid deadlocks between clients that ask for the same files. */
async function keepObjects(db: Db, app_uuid: string, hashes: readonly string[]): Promise<void> {
  await sql`
    with old as (
      select sha256 from stored_objects
      where app_uuid = ${app_uuid} and sha256 = any(${hashes}::text[]) and used_at < now() - interval '1 hour'
      order by sha256 for update
    )
    update stored_objects o set used_at = now() from old where o.app_uuid = ${app_uuid} and o.sha256 = old.sha256
  `.execute(db);
}

/**
 * Those of the hashes that the app has, with `used_at` refreshed, so that a concurrent clean-up skips them: it waits for the row
 * lock and then finds the object too young, though it cannot yet see what the caller's transaction needs it for.
 */
export async function takeObjects(trx: Db, app_uuid: string, hashes: readonly string[]) {
  return trx
    .updateTable('stored_objects')
    .set({ used_at: sql<Date>`now()` })
    .where('app_uuid', '=', app_uuid)
    .where(sql<boolean>`sha256 = any(${hashes}::text[])`)
    .returning(['sha256', 'size', 'crc32', 'kind'])
    .execute();
}

/** All that is stored, as the caller's transaction sees it. */
export async function listObjects(connection: Pick<Connection, 'query'>) {
  const { rows } = await connection.query('select app_uuid, sha256 from stored_objects order by app_uuid, sha256', []);
  return rows as unknown as Pick<StoredObject, 'app_uuid' | 'sha256'>[];
}
