// While PostgreSQL is away: who was seen a moment ago is still known, everybody else hears so in one sentence, nobody waits
// for ever, and nobody is taken for signed out.

import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { onAuditEntry } from '../../accounts/audit.ts';
import { keepAuditKey } from '../../accounts/audit-key.ts';
import { openDatabase } from '../../db/open.ts';
import { Browser, ownerPassword, setUpOwner } from '../../testing/browser.ts';
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { openTcpWay } from '../../testing/tcp-way.ts';
import { queueDeliveries } from '../../webhooks/queue-deliveries.ts';

// The embedded database is no network away.
const isAway = inject('testDatabase').engine === 'postgres';
let own: TestDatabase;
let way: Awaited<ReturnType<typeof openTcpWay>>;
let behind: TestDatabase;
let server: TestServer;
let cookie: string;

beforeAll(async () => {
  if (!isAway) return;
  own = await openTestDatabase();
  way = await openTcpWay(new URL(own.url!));
  const database = await openDatabase({ url: way.url, poolSize: 3, patienceMs: 1_200, onError: () => {} });
  behind = { ...database, url: way.url };
  keepAuditKey(behind.db, 'the secret of tests');
  onAuditEntry(behind.db, queueDeliveries);
  server = await startTestServer({}, behind);
  const owner = await setUpOwner(server);
  cookie = `overair_session=${owner.cookies.get('overair_session')}`;
});
afterAll(async () => {
  if (!isAway) return;
  vi.useRealTimers();
  await server.close();
  await behind.close();
  way.close();
  await own.close();
});

const ask = (url: string, headers: Record<string, string> = { cookie }) => server.ask({ url, headers });

/** Whoever is known is told that this filter is not: the answer needs no database. */
const isKnown = async () => {
  const { statusCode, body } = await ask('/session/passkeys?what=ever');
  return { statusCode, error: JSON.parse(body).error };
};
const known = { statusCode: 400, error: 'invalid_body' };
const unavailable = { statusCode: 503, error: 'database_unavailable' };

const forget = () => server.parts.signIn.sessions.forget(server.parts.signIn.sessions.tokenOf({ cookie })!);

const see = async () => expect((await ask('/session/me')).statusCode).toBe(200);

test('a database that takes the call and says nothing', async () => {
  if (!isAway) return;
  await see();
  way.swallow(true);
  expect(await isKnown(), 'seen a moment ago').toEqual(known);
  forget();
  expect(await isKnown(), 'not seen lately').toEqual(unavailable);

  const stranger = `overair_session=${encodeURIComponent('x.y')}`;
  expect((await ask('/session/me', { cookie: stranger })).statusCode, 'a cookie that is none').toBe(401);
  const { statusCode, headers, json } = await ask('/session/me');
  expect(statusCode).toBe(503);
  expect(headers).toMatchObject({ 'retry-after': expect.any(String), 'cache-control': 'no-store' });
  expect(json()).toMatchObject({ error: 'database_unavailable', message: expect.stringMatching(/^[^.\n]+$/) });
  expect((await ask('/app')).statusCode, 'a management route').toBe(503);

  const signIn = await new Browser(server).post('/session/sign-in/email', {
    email: 'owner@example.test',
    password: ownerPassword,
  });
  expect(signIn).toMatchObject({ status: 503, json: { error: 'database_unavailable' } });

  way.swallow(false);
  await see();
});

test('a database that is gone', async () => {
  if (!isAway) return;
  vi.useFakeTimers({ toFake: ['Date'] });
  await see();
  way.close();
  expect(await isKnown(), 'seen a moment ago').toEqual(known);
  vi.setSystemTime(Date.now() + 6_000);
  expect(await isKnown(), 'six seconds later').toEqual(unavailable);
});
