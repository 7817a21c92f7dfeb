// What is special about the embedded database in a thread: it holds nothing up, it can end, and its disk can fail. That it
// is a database like any other is shown in database.db.test.ts.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { loadImage, preparedImage, unpackImage } from '../testing/database-image.ts';
import type { Database } from './database.ts';
import { SyncFailed } from './engine.ts';
import { openEngineThread } from './engine-thread.ts';
import { openDatabase } from './open.ts';
import { pgliteDatabase, withoutProfiling } from './pglite.ts';

// Every test starts databases and waits for a real disk; a busy machine must not fail them.
vi.setConfig({ testTimeout: 120_000 });

const { engine, source } = inject('testDatabase');
const badDisk = new URL('../testing/engine-on-bad-disk.ts', import.meta.url);
let root: string;
let files: string;
let database: Database;
let complaints: { error: unknown; what: string }[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'overair-thread-'));
  files = join(root, 'pg');
  if (engine === 'pglite') unpackImage(loadImage(preparedImage(source)), files);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function openOnBadDisk(): Promise<void> {
  complaints = [];
  const note = (error: unknown, what: string) => complaints.push({ error, what });
  database = pgliteDatabase(await openEngineThread(files, badDisk), async () => {}, note);
  await database.query('create table kept (id int primary key, text text)');
}

const keep = (from: number, to = from) =>
  database.query(`insert into kept select n, repeat(md5(n::text), 8) from generate_series($1::int, $2::int) n`, [
    from,
    to,
  ]);

test('the server goes on while a statement runs', async () => {
  if (engine === 'postgres') return;
  database = await openDatabase({ dataDir: root });
  let isRunning = true;
  const statement = database.query('select count(*) from generate_series(1, 2000000) n').finally(() => {
    isRunning = false;
  });
  let turns = 0;
  for (; isRunning; turns++) await new Promise(setImmediate);
  await statement;
  // In the server's own thread it would be a handful, before and after.
  expect(turns).toBeGreaterThan(100);
  await database.close();
});

test('a power cut takes nothing that was answered', async () => {
  if (engine === 'postgres') return;
  await openOnBadDisk();
  await keep(1, 5_000);
  await database.query('checkpoint');
  await database.query('begin; update kept set text = reverse(text) where id % 3 = 0; commit');
  await keep(5_001, 5_002);
  await database.query(`-- power-cut ${join(root, 'after')}`);
  await database.close();
  const after = pgliteDatabase(await openEngineThread(join(root, 'after')), async () => {});
  const { rows } = await after.query('select count(*)::int as n, max(id) as last from kept where length(text) = 256');
  expect(rows).toEqual([{ n: 5_002, last: 5_002 }]);
  await after.close();
});

test('after a sync that failed nothing is answered any more', async () => {
  if (engine === 'postgres') return;
  await openOnBadDisk();
  await database.query('-- break');
  const unavailable = { code: 'database_unavailable', status: 503 };
  await expect(keep(1)).rejects.toMatchObject({
    ...unavailable,
    message: 'The disk did not keep what was written to the database',
  });
  await expect(keep(2)).rejects.toMatchObject({ ...unavailable, message: 'The embedded database has stopped' });
  await expect(database.ping()).rejects.toMatchObject(unavailable);
  expect(complaints.map(({ what }) => what)).toEqual(['the embedded database has stopped; restart the server']);
  expect(complaints[0]?.error).toBeInstanceOf(SyncFailed);
  expect(complaints[0]?.error).toMatchObject({ cause: { message: 'the disk is broken', code: 'EIO' } });
  await database.close();
});

test('a thread that ends is a database that is away: what waits for it is told, and so is the owner', async () => {
  if (engine === 'postgres') return;
  await openOnBadDisk();
  const unavailable = { code: 'database_unavailable', status: 503 };
  const [ended, waiting] = [database.query('-- end'), keep(1)];
  await expect(ended).rejects.toMatchObject({
    ...unavailable,
    message: 'The thread of the embedded database has ended',
  });
  await expect(waiting).rejects.toMatchObject(unavailable);
  await expect(database.ping()).rejects.toMatchObject(unavailable);
  expect(complaints.map(({ what }) => what)).toEqual(['the embedded database has stopped; restart the server']);
  await database.close();
  // The files are as a crash leaves them.
  database = await openDatabase({ dataDir: root });
  expect((await database.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 0 }]);
  await database.close();
});

test('a folder that cannot be opened is said so, in the words of the thread', async () => {
  const nowhere = new URL('./nowhere.ts', import.meta.url);
  await expect(openEngineThread(files, nowhere)).rejects.toThrow('The thread of the embedded database has ended');
  if (engine === 'postgres') return;
  await rm(join(files, 'global', 'pg_control'));
  await expect(openDatabase({ dataDir: root })).rejects.toThrow();
});

test('the process that makes the database is not profiled, however that was asked for', () => {
  const one = ['--cpu-prof', '--cpu-prof-interval=200', '--heap-prof-dir=x', '--conditions=source'];
  const two = [
    '--cpu-prof',
    '--cpu-prof-interval',
    '200',
    '--heap-prof',
    '--heap-prof-dir',
    'x',
    '--conditions=source',
  ];
  expect([one, two].map(withoutProfiling)).toEqual([['--conditions=source'], ['--conditions=source']]);
});
