// A backup has every row and every byte, and what is made of it is the same; what is damaged, too new or too late is said so.

import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlobDriver } from '../blobs/driver.ts';
import { readTables } from '../db/catalog.ts';
import type { Database } from '../db/database.ts';
import { listMigrations, migrate } from '../db/migrate.ts';
import { readRows } from '../db/rows-as-json.ts';
import { OutcomeWorld } from '../doors/manage/testing/outcome-world.ts';
import { openEmptyDatabase, openTestDatabase, type TestDatabase } from '../testing/database.ts';
import { ArchiveReader, ArchiveWriter } from './archive.ts';
import { loadDatabase, loadFiles } from './load-backup.ts';
import { verifyBackup } from './verify-backup.ts';
import { LEFT_OUT, writeBackup } from './write-backup.ts';

const BYTES = Buffer.from('what a phone downloads');
const HASH = createHash('sha256').update(BYTES).digest('hex');

let world: OutcomeWorld;
let folder: string;
let secret: string;
let path: string;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overair-backup-test-'));
  path = join(folder, 'backup.zip');
  world = await OutcomeWorld.open();
  secret = world.server.parts.config.secret;
  await world.addApp();
  await world.phone(['set']);
  await world.phone(['update_fail']);
  await world.settle();
  const { db } = world.server.database;
  const { id: app_uuid } = await db.selectFrom('apps').select('id').executeTakeFirstOrThrow();
  const object = { app_uuid, sha256: HASH, size: BYTES.length, crc32: '00000000', kind: 'file' as const };
  await db.insertInto('stored_objects').values(object).execute();
  await backUp(world.server.database, path);
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const readBytes: BlobDriver['read'] = async () => ({ size: BYTES.length, stream: Readable.from([BYTES]) });

async function backUp(database: Database, to: string, read = readBytes) {
  const archive = new ArchiveWriter();
  const writing = writeBackup({ database, blobs: { read }, secret }, archive);
  const [done] = await Promise.all([writing, pipeline(archive.output, createWriteStream(to))]);
  return done;
}

async function open(file: string): Promise<ArchiveReader> {
  const archive = await ArchiveReader.open(file);
  opened.push(archive);
  return archive;
}

async function toClose(opening: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await opening;
  opened.push(database);
  return database;
}

/** All rows by table, in one order. */
const everything = (database: Database) =>
  database.withConnection(async (connection) => {
    const all: Record<string, string[]> = {};
    await connection.query('begin', []);
    for (const table of await readTables(connection)) {
      if (LEFT_OUT.has(table.name)) continue;
      const rows: string[] = [];
      await readRows(connection, table, async (some) => void rows.push(...some));
      all[table.name] = rows.sort();
    }
    await connection.query('rollback', []);
    return all;
  });

test('a database that was restored holds the same rows, and goes on from there', async () => {
  const restored = await toClose(openEmptyDatabase());
  await loadDatabase(await open(path), restored);
  const rows = await everything(restored);
  expect(rows).toEqual(await everything(world.server.database));
  expect(rows['stats_events']!.length).toBeGreaterThan(2);

  const highest = (database: Database) =>
    database.db
      .insertInto('apikeys')
      .values({ ...aKey, key_hash: randomUUID() })
      .returning('id')
      .executeTakeFirstOrThrow();
  const { user_id } = await restored.db.selectFrom('apikeys').select('user_id').executeTakeFirstOrThrow();
  const aKey = { user_id, name: 'after', mode: 'all' as const };
  expect(await highest(restored)).toEqual(await highest(world.server.database));
  await expect(restored.query(`update audit_logs set org_id = org_id`), 'the log is closed again').rejects.toThrow();
});

test('bytes go where they were named, and what is there already stays', async () => {
  const stored = new Map<string, Buffer>();
  const blobs: Pick<BlobDriver, 'put' | 'stat'> = {
    async put(key, source) {
      stored.set(key, 'stream' in source ? await buffer(source.stream) : Buffer.alloc(0));
    },
    stat: async (key) => (stored.has(key) ? { size: stored.get(key)!.length, modified_at: new Date() } : undefined),
  };
  const archive = await open(path);
  expect(await loadFiles(archive, blobs)).toBe(1);
  expect([...stored.values()]).toEqual([BYTES]);
  expect(await loadFiles(archive, blobs)).toBe(0);
});

test('a backup is proven by loading it, with its audit log where the secret is the same', async () => {
  const archive = await open(path);
  const scratch = () => toClose(openEmptyDatabase());
  expect(await verifyBackup(archive, secret, await scratch())).toMatchObject({ files: 1, brokenChains: [] });
  const other = await verifyBackup(archive, 'another secret, as long', await scratch());
  expect(other.brokenChains, 'nobody can tell').toBeUndefined();
});

test('a database in use is not touched', async () => {
  const archive = await open(path);
  await expect(loadDatabase(archive, world.server.database)).rejects.toThrow('restored into an empty one');
});

test('a backup of an earlier version is loaded into its own schema, and brought up to date', async () => {
  const names = await listMigrations();
  const old = await toClose(openEmptyDatabase());
  await migrate(old, undefined, names.slice(0, 20));
  await old.query(`insert into users (id, email) values (gen_random_uuid(), 'before@example.com')`, []);
  const file = join(folder, 'old.zip');
  await backUp(old, file);
  const restored = await toClose(openTestDatabase());
  await loadDatabase(await open(file), restored);
  expect(await restored.db.selectFrom('users').select('email').execute()).toEqual([{ email: 'before@example.com' }]);
  expect(await migrate(restored)).toEqual([]);
});

test('bytes that the storage lacks, or has others of, are named', async () => {
  const file = join(folder, 'missing.zip');
  const lacks = await backUp(world.server.database, file, async () => undefined);
  expect(lacks).toMatchObject({ files: 0, missing: [expect.stringContaining(HASH)] });
  const other = await backUp(world.server.database, file, async () => ({ size: 1, stream: Readable.from(['x']) }));
  expect(other.missing).toHaveLength(1);
  const blobs = { put: () => Promise.reject(new Error('altered bytes are not stored')), stat: async () => undefined };
  expect(await loadFiles(await open(file), blobs)).toBe(0);
});

test('what is damaged is named, and a file that broke off is no backup', async () => {
  const bytes = await readFile(path);
  const cut = join(folder, 'cut.zip');
  await writeFile(cut, bytes.subarray(0, bytes.length - 40));
  await expect(ArchiveReader.open(cut)).rejects.toThrow('is no backup, or only a part of one');

  const at = bytes.indexOf(BYTES);
  bytes[at] = bytes[at]! ^ 1;
  const changed = join(folder, 'changed.zip');
  await writeFile(changed, bytes);
  await expect(verifyBackup(await open(changed), secret, world.server.database)).rejects.toThrow(
    /damaged at files\/.*: its hash is another one/,
  );
});
