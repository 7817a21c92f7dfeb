// The stores' own machines: every route of the door answers them, and nothing of it is recorded but the number.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { utcDay } from '../../utc-day.ts';
import { createFixture, readStored } from './conformance/fixture.ts';
import { event } from './conformance/row.ts';

const store = '17.1.2.3';
const home = '192.0.2.7';
let app_id: string;
let apps = 0;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ trustProxy: 'loopback' });
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = `com.demo.reviewed${apps++}`;
  await createFixture(server.database.db, app_id, server.orgId);
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
interface Asked {
  method?: Method;
  url: string;
  body?: unknown;
  query?: Record<string, string>;
}

const phone = (change: object = {}) => event({ app_id, version_name: '0.9.0', plugin_version: '8.51.14', ...change });
const old = { plugin_version: '7.33.0' };
const queryOf = (change: object = {}) => {
  const { device_id, platform, plugin_version, version_build, version_name } = { ...phone(), ...change } as Record<
    string,
    string
  >;
  return { app_id, device_id, platform, plugin_version, version_build, version_name } as Record<string, string>;
};

async function ask(remoteAddress: string, { method = 'POST', url, body, query }: Asked) {
  const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
  const headers = { 'x-forwarded-for': remoteAddress };
  const answer = await server.ask({ method, url, headers, ...payload, ...(query && { query }) });
  return { status: answer.statusCode, body: answer.json() };
}

async function storedNow() {
  await server.parts.sightings.flush();
  await server.parts.served.flush();
  await server.parts.recorder.drain();
  const { device, events, counters, override } = await readStored(
    server.database.db,
    app_id,
    String(phone()['device_id']),
  );
  const rows = await server.database.db
    .selectFrom('stats_daily')
    .select('action')
    .where('app_id', '=', app_id)
    .execute();
  return { device, events, counters, override, rollups: rows.length };
}

async function heldBack() {
  const day = utcDay(Date.now());
  const answer = await server.app.inject({
    url: `/statistics/app/${app_id}/held_back?from=${day}&to=${day}`,
    headers: { authorization: server.adminKey },
  });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

const nothing = { device: null, events: [], counters: {}, override: null, rollups: 0 };

/** Each route in each of its verbs, with the words in which it answers a device too. */
const routes: [name: string, ask: () => Asked, answer: unknown][] = [
  ['POST /stats', () => ({ url: '/stats', body: phone() }), { status: 'ok' }],
  [
    'POST /stats with a batch',
    () => ({ url: '/stats', body: [phone(), phone({ action: 'set_fail' })] }),
    { status: 'ok', results: [0, 1].map((index) => ({ status: 'ok', index })) },
  ],
  ['POST /plugin/stats', () => ({ url: '/plugin/stats', body: phone() }), { status: 'ok' }],
  [
    'POST /updates/manifest_size',
    () => ({ url: '/updates/manifest_size', body: { ...phone(), manifest: [] } }),
    { totalSize: 0, knownFiles: 0, unknownFiles: 0, files: [] },
  ],
  [
    'POST /channel_self',
    () => ({ url: '/channel_self', body: phone({ channel: 'beta' }) }),
    { status: 'ok', allowSet: true },
  ],
  [
    'POST /channel_self of an old plugin',
    () => ({ url: '/channel_self', body: phone({ channel: 'beta', ...old }) }),
    { status: 'ok' },
  ],
  [
    'PUT /channel_self',
    () => ({ method: 'PUT', url: '/channel_self', body: phone() }),
    { channel: 'production', status: 'default' },
  ],
  ['DELETE /channel_self', () => ({ method: 'DELETE', url: '/channel_self', query: queryOf(old) }), { status: 'ok' }],
  ['GET /channel_self', () => ({ method: 'GET', url: '/channel_self', query: queryOf() }), expect.any(Array)],
  [
    'PUT /plugin/channel_self',
    () => ({ method: 'PUT', url: '/plugin/channel_self', body: phone() }),
    { channel: 'production', status: 'default' },
  ],
];

test.each(routes)('%s answers a machine of a store, and records nothing', async (_name, asked, answer) => {
  expect(await ask(store, asked())).toEqual({ status: 200, body: answer });
  expect(await storedNow()).toEqual(nothing);
  expect((await heldBack()).data).toEqual([
    { date: utcDay(Date.now()), store_network: 1, new_device: 0, not_offered: 0 },
  ]);
});

test.each(['/updates', '/plugin/updates'])('%s tells it why, and records nothing', async (url) => {
  expect(await ask(store, { url, body: phone() })).toEqual({
    status: 200,
    body: {
      error: 'provider_infrastructure_request_blocked',
      message: 'Update requests from known provider infrastructure are blocked',
      kind: 'blocked',
      provider: 'apple',
    },
  });
  expect(await storedNow()).toEqual(nothing);
  expect((await heldBack()).data).toMatchObject([{ store_network: 1 }]);
});

test('no limit of channel calls is spent, and no 429 is heard', async () => {
  const calls = Array.from({ length: 8 }, () => ask(store, { method: 'PUT', url: '/channel_self', body: phone() }));
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(200));
});

test('a phone is asked nothing of the kind', async () => {
  expect((await ask(home, { url: '/updates', body: phone() })).body).toMatchObject({ version: '1.0.0' });
  expect((await ask(home, { url: '/stats', body: phone() })).body).toEqual({ status: 'ok' });
  expect(await storedNow()).toMatchObject({ device: { platform: 'android' }, events: [{}, {}] });
  expect((await heldBack()).data).toMatchObject([{ store_network: 0 }]);
});

test('an owner can let the stores in', async () => {
  const { db } = server.database;
  await db.updateTable('apps').set({ block_provider_infra_requests: false }).where('app_id', '=', app_id).execute();
  await server.parts.snapshots.caughtUp();
  expect((await ask(store, { url: '/updates', body: phone() })).body).toMatchObject({ version: '1.0.0' });
  await ask(store, { url: '/stats', body: phone() });
  expect(await storedNow()).toMatchObject({ device: { platform: 'android' }, events: [{}, {}] });
});

test('the metrics show it', async () => {
  await ask(store, { url: '/stats', body: phone() });
  const { body } = await server.app.inject('/metrics');
  expect(body).toMatch(/^overair_held_back_total\{reason="store_network"\} [1-9]/m);
  expect(body).toMatch(/^overair_held_back_total\{reason="new_device"\} 0$/m);
});
