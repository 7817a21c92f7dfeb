// A database that cannot follow: devices are told to come back, in the way that does not silence them.

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../../app.ts';
import { Recorder } from '../../stats/record.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { throughPort } from '../../testing/through-port.ts';
import { createFixture } from './conformance/fixture.ts';
import { event } from './conformance/row.ts';

const app_id = 'com.demo.overload';
let server: TestServer;
let app: FastifyInstance;
let ask: ReturnType<typeof throughPort>;

beforeAll(async () => {
  server = await startTestServer();
  await createFixture(server.database.db, app_id, server.orgId);
  // As usual, but full after a thousand events.
  app = await buildApp({ ...server.parts, recorder: new Recorder(server.database, { rows: 1_000, chars: 1e9 }) });
  ask = throughPort(app);
});
afterAll(async () => {
  await app.close();
  await server.close();
});

const post = (url: string, payload: object) => ask({ method: 'POST', url, payload });

test('503 with Retry-After, never 429, and what was accepted before is stored', async () => {
  await post('/stats', event({ app_id }));
  const [holding, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = server.database.withConnection(async (connection) => {
    await connection.query('begin');
    await connection.query('lock table stats_events in access exclusive mode');
    holding.resolve();
    await release.promise;
    await connection.query('rollback');
  });
  await holding.promise;
  const batch = Array.from({ length: 200 }, () => event({ app_id, action: 'app_crash' }));
  const requests = Array.from({ length: 12 }, () => post('/stats', batch));
  const refused = await Promise.race(requests);
  expect(refused.statusCode).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.json()).toMatchObject({ error: 'overloaded', message: expect.any(String) });
  const update = await post('/updates', event({ app_id, version_name: '0.9.0' }));
  expect(update.json()).toMatchObject({ version: '1.0.0' });
  release.resolve();
  await held;
  const answers = await Promise.all(requests);
  const accepted = answers.filter(({ statusCode }) => statusCode === 200).length;
  expect(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 503)).toBe(true);
  expect(accepted).toBeGreaterThan(0);
  const { rows } = await server.database.query(
    "select count(*)::int as n from stats_events where app_id = $1 and action = 'app_crash'",
    [app_id],
  );
  expect(rows[0]?.['n']).toBe(accepted * 200);
});
