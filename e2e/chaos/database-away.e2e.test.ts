// PostgreSQL stops, hangs, restarts: phones go on from the last known state, nothing that was acknowledged is lost, everybody
// else is told to come back, and the server recovers by itself.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../server/src/db/database.ts';
import { openDatabase } from '../../server/src/db/open.ts';
import { createFixture } from '../../server/src/doors/device/conformance/fixture.ts';
import { event } from '../../server/src/doors/device/conformance/row.ts';
import { startPostgres } from '../../server/src/testing/postgres-setup.ts';
import { openTcpWay } from '../../server/src/testing/tcp-way.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';

const app_id = 'com.example.away';
const adminKey = 'away-admin-key-0123456789';
const PATIENCE_MS = 300_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let way: Awaited<ReturnType<typeof openTcpWay>>;
let server: RunningServer;

beforeAll(async () => {
  folder = await temporaryFolder('away');
  postgres = await startPostgres();
  way = await openTcpWay(new URL(postgres.url));
  server = await startServer({
    dataDir: folder.path,
    fromSource: true,
    env: { DATABASE_URL: way.url, OVERAIR_ADMIN_KEY: adminKey },
  });
  await inDatabase(async ({ db }) => {
    const { id } = await db.selectFrom('orgs').select('id').executeTakeFirstOrThrow();
    await createFixture(db, app_id, id);
  });
});
afterAll(async () => {
  await server?.kill();
  way?.close();
  await postgres?.stop();
  await folder.remove();
});

async function inDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ url: postgres.url, poolSize: 2 });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

interface Answer extends Record<string, unknown> {
  http: number;
  retryAfter: number;
}

async function ask(path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(server.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: adminKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const content = (await answer.json()) as Record<string, unknown>;
  return { ...content, http: answer.status, retryAfter: Number(answer.headers.get('retry-after')) };
}

const phone = () => event({ app_id, device_id: randomUUID(), version_name: '0.9.0' });
const update = () => ask('/updates', phone());
const ready = () => ask('/readyz');

/** Asks until the answer fits; the test's own limit ends what never does. Returns how long it took. */
async function until(fits: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  while (!(await fits())) await sleep(50);
  return Math.round(performance.now() - startMs);
}

const isStale = async () => (await ready())['status'] === 'stale';
const isWell = async () => (await ready())['status'] === 'ok';

async function expectPhonesAnswered(): Promise<void> {
  for (let n = 0; n < 50; n++) expect(await update()).toMatchObject({ http: 200, version: '1.0.0' });
  const query = new URLSearchParams({ app_id, platform: 'android', version_build: '1.0.0', device_id: randomUUID() });
  const channels = await fetch(`${server.url}/channel_self?${query}`);
  expect(channels.status).toBe(200);
}

const changeBundle = (name: string) =>
  inDatabase((database) =>
    database.query(
      `update channels set version = (select id from bundles where app_id = $1 and name = $2)
       where app_id = $1 and name = 'production'`,
      [app_id, name],
    ),
  );

const stored = (device_id: string) =>
  inDatabase(async (database) => {
    const { rows } = await database.query('select 1 from stats_events where device_id = $1', [device_id]);
    return rows.length;
  });

test(
  'stopped and started again',
  async () => {
    await expectPhonesAnswered();
    const device_id = randomUUID();
    await postgres.pause();
    await expectPhonesAnswered();
    const waiting = ask('/stats', event({ app_id, device_id, action: 'set', timestamp: Date.now() }));
    await until(isStale);
    expect(await ready()).toMatchObject({ database: false, storage: true, changes: 'polled' });
    expect(await ask('/updates', { ...phone(), app_id: 'com.example.unheard' })).toMatchObject({
      http: 503,
      retryAfter: 5,
      error: 'database_unavailable',
      kind: 'blocked',
    });
    expect(await ask('/organization')).toMatchObject({
      http: 503,
      status: 'KO',
      retryAfter: 5,
      error: 'database_unavailable',
    });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(Number(/^overair_release_state_stale_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    await postgres.resume();
    expect(await waiting).toMatchObject({ http: 200, status: 'ok' });
    expect(await stored(device_id)).toBe(1);
    process.stdout.write(`ready again after ${await until(isWell)} ms\n`);
    await changeBundle('1.0.1');
    process.stdout.write(
      `heard of a change after ${await until(async () => (await update())['version'] === '1.0.1')} ms\n`,
    );
    await changeBundle('1.0.0');
    await until(async () => (await update())['version'] === '1.0.0');
  },
  PATIENCE_MS,
);

test(
  'hanging without a word, and answering again',
  async () => {
    const device_id = randomUUID();
    way.swallow(true);
    await until(async () => {
      await expectPhonesAnswered();
      return isStale();
    });
    const refused = await ask('/stats', event({ app_id, device_id, action: 'set', timestamp: Date.now() }));
    expect(refused).toMatchObject({ http: 503, retryAfter: 5, error: 'database_unavailable' });
    await expectPhonesAnswered();
    way.swallow(false);
    process.stdout.write(`ready again after ${await until(isWell)} ms\n`);
    await changeBundle('1.0.1');
    process.stdout.write(
      `heard of a change after ${await until(async () => (await update())['version'] === '1.0.1')} ms\n`,
    );
    const again = event({ app_id, device_id, action: 'set', timestamp: Date.now() });
    expect(await ask('/stats', again)).toMatchObject({ status: 'ok' });
  },
  PATIENCE_MS,
);

test('the log has one line a second and cause', () => {
  const perSecond = new Map<string, number>();
  for (const line of server
    .output()
    .split('\n')
    .filter((each) => each.startsWith('{'))) {
    const { time, msg, err } = JSON.parse(line) as { time: number; msg: string; err?: { message: string } };
    const key = `${msg} ${err?.message ?? ''} ${Math.floor(time / 1000)}`;
    perSecond.set(key, (perSecond.get(key) ?? 0) + 1);
  }
  // Two may fall into one second of the calendar.
  expect([...perSecond].filter(([, count]) => count > 2)).toEqual([]);
  expect(server.output()).toContain('the database is away');
});
