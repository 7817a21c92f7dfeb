// Which bytes are given back, and which are kept whatever happens at the same time.
import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../db/database.ts';
import { isInBundle } from '../releases/unused-objects.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { keysBelow } from './driver.suite.ts';
import { type BlobDriver, objectKey } from './driver.ts';
import { findMissingObjects, storeObject } from './stored-objects.ts';
import { removeUnusedObjects } from './unused-objects.ts';
import { appendPart, createUpload } from './upload-parts.ts';

const app_id = 'com.example.unused';

let server: TestServer;
let db: Db;
let blobs: BlobDriver;
let app_uuid: string;

beforeAll(async () => {
  server = await startTestServer();
  db = server.parts.database.db;
  blobs = server.parts.blobs;
});
afterAll(() => server.close());

beforeEach(async () => {
  await db.deleteFrom('apps').execute();
  await blobs.remove(await keysBelow(blobs, ''));
  const values = { app_id, owner_org: server.orgId, name: 'Unused' };
  app_uuid = (await db.insertInto('apps').values(values).returning('id').executeTakeFirstOrThrow()).id;
});

const inAnHour = () => new Date(Date.now() + 3_600_000);
const anHourAgo = () => new Date(Date.now() - 3_600_000);

async function store(bytes: Buffer = randomBytes(100)): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = blobs.scratch.newPath();
  await writeFile(path, bytes);
  await storeObject(db, blobs, { app_uuid, sha256, size: bytes.length, crc32: '00000000', kind: 'file' }, path);
  await rm(path);
  return sha256;
}

async function aBundle(columns: { object_sha256?: string; deleted?: boolean; deleted_at?: Date }): Promise<number> {
  const values = { app_id, owner_org: server.orgId, name: randomBytes(4).toString('hex'), ...columns };
  const row = await db
    .insertInto('bundles')
    .values({ ...values, storage_provider: 'local' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

const keyOf = (sha256: string) => objectKey(app_uuid, sha256);

describe('removing unused objects', () => {
  it('removes what nobody used in time, rows and bytes', async () => {
    const unused = await store();
    expect(await removeUnusedObjects(db, blobs, inAnHour(), isInBundle)).toEqual({ objects: 1, uploads: 0 });
    expect(await keysBelow(blobs, '')).toEqual([]);
    expect(await findMissingObjects(db, app_uuid, [unused])).toEqual([unused]);
    expect(await removeUnusedObjects(db, blobs, inAnHour(), isInBundle)).toEqual({ objects: 0, uploads: 0 });
  });

  it('keeps what was uploaded lately', async () => {
    const recent = await store();
    expect(await removeUnusedObjects(db, blobs, anHourAgo(), isInBundle)).toEqual({ objects: 0, uploads: 0 });
    expect(await keysBelow(blobs, '')).toEqual([keyOf(recent)]);
  });

  it('keeps what a client was told that it is here', async () => {
    const asked = await store();
    await db
      .updateTable('stored_objects')
      .set({ used_at: new Date(0) })
      .execute();
    expect(await findMissingObjects(db, app_uuid, [asked])).toEqual([]);
    expect(await removeUnusedObjects(db, blobs, anHourAgo(), isInBundle)).toEqual({ objects: 0, uploads: 0 });
  });

  it('answers many who ask for the same at once', async () => {
    const held = await Promise.all(Array.from({ length: 30 }, () => store()));
    for (let round = 0; round < 5; round++) {
      await db
        .updateTable('stored_objects')
        .set({ used_at: new Date(0) })
        .execute();
      const asks = Array.from({ length: 10 }, (_, at) => (at % 2 ? held : held.toReversed()));
      const answers = await Promise.all(asks.map((hashes) => findMissingObjects(db, app_uuid, hashes)));
      expect(answers.flat()).toEqual([]);
    }
  });

  it('keeps what bundles and their manifests name', async () => {
    const [zip, file, unused] = [await store(), await store(), await store()];
    const bundle_id = await aBundle({ object_sha256: zip });
    const entry = { bundle_id, app_id, file_name: 'a.js', file_hash: 'x', object_sha256: file, size: 100 };
    await db.insertInto('manifest_entries').values(entry).execute();
    expect(await removeUnusedObjects(db, blobs, inAnHour(), isInBundle)).toEqual({ objects: 1, uploads: 0 });
    expect(await keysBelow(blobs, '')).toEqual([keyOf(zip), keyOf(file)].sort());
    expect(await findMissingObjects(db, app_uuid, [zip, file, unused])).toEqual([unused]);
  });

  it('keeps the bytes of a deleted bundle for downloads that run, and not longer', async () => {
    const [fresh, old] = [await store(), await store()];
    await aBundle({ object_sha256: fresh, deleted: true, deleted_at: inAnHour() });
    await aBundle({ object_sha256: old, deleted: true, deleted_at: anHourAgo() });
    const now = new Date(Date.now() + 1000);
    expect(await removeUnusedObjects(db, blobs, now, isInBundle)).toEqual({ objects: 1, uploads: 0 });
    expect(await keysBelow(blobs, '')).toEqual([keyOf(fresh)]);
  });

  it('removes the bytes of a deleted app, and what a crash left', async () => {
    await store();
    await db.deleteFrom('apps').execute();
    await blobs.put(objectKey(app_uuid, 'ab'.repeat(32)), { stream: Readable.from([Buffer.from('x')]) });
    expect(await removeUnusedObjects(db, blobs, anHourAgo(), isInBundle)).toEqual({ objects: 0, uploads: 0 });
    expect(await removeUnusedObjects(db, blobs, inAnHour(), isInBundle)).toEqual({ objects: 2, uploads: 0 });
    expect(await keysBelow(blobs, '')).toEqual([]);
  });

  it('gives up resumable uploads that nobody went on with', async () => {
    const upload = { id: crypto.randomUUID(), app_uuid, kind: 'file' as const, sha256: 'ab'.repeat(32), size: 10 };
    await createUpload(db, { ...upload, received: 0, updated_at: new Date() });
    const path = blobs.scratch.newPath();
    await writeFile(path, 'half');
    await appendPart(db, blobs, { id: upload.id, received: 0 }, { path, size: 4 });
    await rm(path);
    expect(await removeUnusedObjects(db, blobs, anHourAgo(), isInBundle)).toEqual({ objects: 0, uploads: 0 });
    expect(await keysBelow(blobs, 'uploads/')).toHaveLength(1);
    expect(await removeUnusedObjects(db, blobs, inAnHour(), isInBundle)).toEqual({ objects: 0, uploads: 1 });
    expect(await keysBelow(blobs, '')).toEqual([]);
  });

  it('never takes bytes from under an upload of the same', async () => {
    const bytes = randomBytes(100);
    for (let round = 0; round < 20; round++) {
      await store(bytes);
      await db
        .updateTable('stored_objects')
        .set({ used_at: new Date(0) })
        .execute();
      const [sha256] = await Promise.all([store(bytes), removeUnusedObjects(db, blobs, anHourAgo(), isInBundle)]);
      expect(await blobs.stat(keyOf(sha256))).toMatchObject({ size: 100 });
      expect(await findMissingObjects(db, app_uuid, [sha256])).toEqual([]);
    }
  });
});
