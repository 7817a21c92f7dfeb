// SIGKILL in the middle of the load: whatever was acknowledged is there afterwards, exactly once, and what was not can be
// sent again without doubling anything.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../server/src/db/database.ts';
import { openDatabase } from '../../server/src/db/open.ts';
import { openServer, runSql, withDatabase } from '../../server/src/testing/postgres-setup.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { Load, sendAll } from './load.ts';

const program = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
const app_id = 'com.example.chaos';
const adminKey = 'chaos-admin-key-0123456789';
const rounds = 3;
const acknowledgedPerRound = 1_500;
/** Each start of a server takes seconds, on a busy machine many. */
const PATIENCE_MS = 300_000;

async function createApp(server: RunningServer): Promise<void> {
  const answer = await fetch(`${server.url}/app`, {
    method: 'POST',
    headers: { authorization: adminKey, 'content-type': 'application/json' },
    body: JSON.stringify({ app_id, name: 'Chaos', owner_org: await orgOf(server) }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

async function orgOf(server: RunningServer): Promise<string> {
  const answer = await fetch(`${server.url}/organization`, { headers: { authorization: adminKey } });
  const [org] = (await answer.json()) as { id: string }[];
  if (org === undefined) throw new Error('no organization');
  return org.id;
}

/** Each event that was sent is one row, and the rollups count just these rows. */
async function expectExactlyOnce(database: Database, load: Load): Promise<void> {
  const { rows } = await database.query(
    'select device_id, extract(epoch from occurred_at) * 1000 as ms from stats_events where app_id = $1',
    [app_id],
  );
  const stored = new Map<string, number>();
  for (const { device_id, ms } of rows) {
    const key = `${device_id} ${Number(ms)}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
  }
  const lost = load.acknowledged.filter((key) => !stored.has(key));
  const doubled = [...stored].filter(([, count]) => count > 1);
  expect({ lost: lost.length, doubled: doubled.length }).toEqual({ lost: 0, doubled: 0 });
  expect(stored.size).toBe(load.acknowledged.length);
  const { rows: sums } = await database.query(
    "select sum(count)::int as n from stats_daily where app_id = $1 and action not like '+%'",
    [app_id],
  );
  expect(sums[0]?.['n']).toBe(stored.size);
}

describe('the embedded database', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeAll(async () => {
    folder = await temporaryFolder('chaos');
  });
  afterAll(() => folder.remove());

  const start = (dataDir: string) => startServer({ dataDir, fromSource: true, env: { OVERAIR_ADMIN_KEY: adminKey } });

  test(
    'keeps every acknowledged event',
    async () => {
      const dataDir = join(folder.path, 'data');
      const load = new Load(app_id);
      let server = await start(dataDir);
      await createApp(server);
      for (let round = 0; round < rounds; round++) {
        await load.runUntil(server.url, acknowledgedPerRound, () => server.kill());
        server = await start(dataDir);
        await load.sendAgain(server.url);
      }
      expect(await server.stop()).toBe(0);
      const database = await openDatabase({ dataDir });
      try {
        await expectExactlyOnce(database, load);
      } finally {
        await database.close();
      }
    },
    PATIENCE_MS,
  );

  test(
    'survives being killed while it is made',
    async () => {
      const dataDir = join(folder.path, 'fresh');
      for (const afterMs of [500, 1_500, 3_000, 5_000]) {
        const child = spawn(process.execPath, ['--conditions=source', program], {
          env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', OVERAIR_DATA_DIR: dataDir },
          stdio: 'ignore',
        });
        await sleep(afterMs);
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const server = await start(dataDir);
      await createApp(server);
      expect(await sendAll(server.url, [new Load(app_id).newBatch()])).toBe(1);
      expect(await server.stop()).toBe(0);
    },
    PATIENCE_MS,
  );
});

describe('a PostgreSQL server', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let postgres: Awaited<ReturnType<typeof openServer>>;
  let url: string;

  beforeAll(async () => {
    folder = await temporaryFolder('chaos-postgres');
    postgres = await openServer();
    const name = `overair_chaos_${randomUUID().slice(0, 8)}`;
    await runSql(postgres.url, `create database ${name}`);
    url = withDatabase(postgres.url, name);
  });
  afterAll(async () => {
    await postgres?.stop();
    await folder.remove();
  });

  test(
    'with two processes before it, one of which is killed again and again',
    async () => {
      const secret = { OVERAIR_SECRET: 'a secret that both of them know', OVERAIR_ADMIN_KEY: adminKey };
      const start = (name: string) =>
        startServer({
          dataDir: join(folder.path, name),
          fromSource: true,
          env: { ...secret, DATABASE_URL: url },
        });
      const steady = await start('steady');
      await createApp(steady);
      const load = new Load(app_id);
      for (let round = 0; round < rounds; round++) {
        const victim = await start('victim');
        await load.runUntil(victim.url, acknowledgedPerRound, () => victim.kill());
        // The other process takes what the killed one may or may not have stored.
        await load.sendAgain(steady.url);
      }
      expect(await steady.stop()).toBe(0);
      const database = await openDatabase({ url });
      try {
        await expectExactlyOnce(database, load);
      } finally {
        await database.close();
      }
    },
    PATIENCE_MS,
  );
});
