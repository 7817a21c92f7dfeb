// PgBouncer in transaction mode takes LISTEN and delivers nothing. Two servers behind it know each other's changes all the same,
// and say how.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../server/src/db/open.ts';
import { createFixture } from '../../server/src/doors/device/conformance/fixture.ts';
import { event } from '../../server/src/doors/device/conformance/row.ts';
import { startPostgres } from '../../server/src/testing/postgres-setup.ts';
import { startPgBouncer } from '../pgbouncer.ts';
import { type RunningServer, startServer, temporaryFolder } from '../processes.ts';

const app_id = 'com.example.pooled';
const adminKey = 'pooled-admin-key-0123456789';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let pooler: Awaited<ReturnType<typeof startPgBouncer>>;
const servers: RunningServer[] = [];

beforeAll(async () => {
  folder = await temporaryFolder('pooler');
  postgres = await startPostgres();
  pooler = await startPgBouncer(new URL(postgres.url));
  const env = { DATABASE_URL: pooler.url, OVERAIR_ADMIN_KEY: adminKey, OVERAIR_SECRET: 'known to both of them' };
  // Both migrate at once.
  const starting = [1, 2].map(() => startServer({ dataDir: folder.path, fromSource: true, env }));
  servers.push(...(await Promise.all(starting)));
  const database = await openDatabase({ url: postgres.url, poolSize: 1 });
  const { id } = await database.db.selectFrom('orgs').select('id').executeTakeFirstOrThrow();
  await createFixture(database.db, app_id, id);
  await database.close();
});
afterAll(async () => {
  for (const server of servers) await server.kill();
  await pooler?.stop();
  await postgres?.stop();
  await folder.remove();
});

async function offered({ url }: RunningServer): Promise<unknown> {
  const body = JSON.stringify(event({ app_id, version_name: '0.9.0' }));
  const answer = await fetch(`${url}/updates`, { method: 'POST', body });
  return ((await answer.json()) as { version?: string }).version;
}

async function changes({ url }: RunningServer): Promise<string> {
  const answer = await fetch(`${url}/readyz`);
  return ((await answer.json()) as { changes: string }).changes;
}

async function pointAt(server: RunningServer, version: string): Promise<void> {
  const answer = await fetch(`${server.url}/channel`, {
    method: 'POST',
    headers: { authorization: adminKey, 'content-type': 'application/json' },
    body: JSON.stringify({ app_id, channel: 'production', version }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

test('a release and its rollback through one are known to both, and the way is told', async () => {
  const [first, second] = servers as [RunningServer, RunningServer];
  for (const server of servers) {
    while ((await changes(server)) !== 'polled') await sleep(100);
    expect(server.output()).toContain('a pooler in transaction mode?');
    expect(await offered(server)).toBe('1.0.0');
  }
  for (const version of ['1.0.1', '1.0.0']) {
    await pointAt(first, version);
    // Whoever wrote decides by it at once.
    expect(await offered(first)).toBe(version);
    const startMs = performance.now();
    while ((await offered(second)) !== version) await sleep(50);
    process.stdout.write(`known to the other after ${Math.round(performance.now() - startMs)} ms\n`);
  }
});

test('both stop cleanly', async () => {
  for (const server of servers) expect(await server.stop()).toBe(0);
});
