import * as fs from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { loadImage, preparedImage, unpackImage } from '../testing/database-image.ts';
import { ForgetfulDisk } from '../testing/forgetful-disk.ts';
import type { Disk } from './durable-folder.ts';
import { pgliteDatabase } from './pglite.ts';
import { openFolder } from './pglite-folder.ts';

// Every test starts databases and waits for a real disk; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

const { engine, source } = inject('testDatabase');

const made = fs.mkdtempSync(join(tmpdir(), 'overair-durable-made-'));
let root: string;
let files: string;

beforeAll(async () => {
  if (engine !== 'pglite') return;
  unpackImage(loadImage(preparedImage(source)), join(made, 'pg'));
  const pglite = await PGlite.create({ dataDir: join(made, 'pg') });
  await pglite.exec('create table kept (id int primary key, text text)');
  await pglite.close();
});
afterAll(() => rm(made, { recursive: true, force: true }));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'overair-durable-'));
  files = join(root, 'pg');
  await cp(made, root, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const insert = (pglite: PGlite, from: number, to: number) =>
  pglite.query(`insert into kept select n, repeat(md5(n::text), 8) from generate_series($1::int, $2::int) n`, [
    from,
    to,
  ]);

/** The files are read back without a power cut, so real syncs would only cost time. */
const careless: Disk = {
  fsyncSync: () => {},
  fdatasyncSync: () => {},
  fdatasync: (_fd, done) => setImmediate(done, null),
};

async function idsAfterPowerCut(disk: ForgetfulDisk): Promise<{ n: number; last: number }> {
  const pglite = await openFolder(disk.afterPowerCut(join(root, 'after')), careless);
  try {
    const { rows } = await pglite.query<{ n: number; last: number }>(
      'select count(*)::int as n, max(id) as last from kept where length(text) = 256',
    );
    return rows[0]!;
  } finally {
    await pglite.close();
  }
}

test('a power cut takes nothing that was answered', async () => {
  if (engine === 'postgres') return;
  const disk = new ForgetfulDisk(files);
  const pglite = await openFolder(files, disk);
  await insert(pglite, 1, 5_000);
  await pglite.query('checkpoint');
  await pglite.exec('begin; update kept set text = reverse(text) where id % 3 = 0; commit');
  await insert(pglite, 5_001, 5_002);
  expect(await idsAfterPowerCut(disk)).toEqual({ n: 5_002, last: 5_002 });
  await pglite.close();
});

test('a statement is answered after its sync, and the server goes on meanwhile', async () => {
  if (engine === 'postgres') return;
  const asked = Promise.withResolvers<() => void>();
  const disk: Disk = { ...fs, fdatasync: (_fd, done) => asked.resolve(() => done(null)) };
  const pglite = await openFolder(files, disk);
  const order: string[] = [];
  const inserted = insert(pglite, 1, 1).then(() => order.push('answered'));
  const finishSync = await asked.promise;
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  order.push('synced');
  finishSync();
  await inserted;
  expect(order).toEqual(['synced', 'answered']);
  await pglite.close();
});

test('what follows from a commit reaches the disk after it', async () => {
  if (engine === 'postgres') return;
  let table = '';
  const sizes: number[] = [];
  const noteSize = () => table && sizes.push(fs.statSync(table).size);
  const disk: Disk = {
    fsyncSync: fs.fsyncSync,
    fdatasyncSync: (fd) => {
      noteSize();
      fs.fdatasyncSync(fd);
    },
    fdatasync: (fd, done) => {
      noteSize();
      fs.fdatasync(fd, done);
    },
  };
  const pglite = await openFolder(files, disk);
  await insert(pglite, 1, 1_000);
  await pglite.query('checkpoint');
  const { rows } = await pglite.query<{ path: string }>(`select pg_relation_filepath('kept') as path`);
  table = join(files, rows[0]!.path);
  const fullSize = fs.statSync(table).size;
  // The commit empties the table's file. Before it is on the disk a power cut would leave an empty table that nobody dropped.
  await pglite.query('drop table kept');
  expect(new Set(sizes)).toEqual(new Set([fullSize]));
  expect(fs.existsSync(table) && fs.statSync(table).size).toBeFalsy();
  table = '';
  await pglite.close();
});

test('after a sync that failed nothing is answered any more', async () => {
  if (engine === 'postgres') return;
  const broken = Object.assign(new Error('the disk is broken'), { code: 'EIO' });
  let isBroken = false;
  const disk: Disk = {
    ...fs,
    fdatasync: (fd, done) => (isBroken ? setImmediate(done, broken) : fs.fdatasync(fd, done)),
  };
  const complaints: string[] = [];
  const database = pgliteDatabase(
    await openFolder(files, disk),
    async () => {},
    (_error, what) => complaints.push(what),
  );
  const insertOne = (id: number) => database.query('insert into kept values ($1, $2)', [id, '']);
  await insertOne(1);
  isBroken = true;
  await expect(insertOne(2)).rejects.toThrow('The disk did not keep what was written');
  isBroken = false;
  await expect(insertOne(3)).rejects.toThrow('The embedded database has stopped');
  await expect(database.ping()).rejects.toThrow('The embedded database has stopped');
  expect(complaints).toEqual(['the embedded database has stopped; restart the server']);
  await database.close();
});
