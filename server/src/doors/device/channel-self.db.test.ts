// What goes wrong with channels that devices choose: the database refuses to store one, a device asks too often.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture } from './conformance/fixture.ts';

const app_id = 'com.demo.storage';
const device = { app_id, device_id: '11111111-1111-4111-8111-111111111111', plugin_version: '7.28.0' };
const question = { ...device, platform: 'android', version_build: '1.0.0', version_name: '1.0.0', version_os: '14' };
const CHANNEL_CALL_LIMIT = 20;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ channelCallLimit: CHANNEL_CALL_LIMIT, trustProxy: 'loopback' });
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

const channelSelf = (method: 'POST' | 'DELETE', channel?: string) =>
  server.ask({
    method,
    url: '/channel_self',
    payload: { ...question, is_emulator: false, is_prod: true, ...(channel && { channel }) },
  });

async function refuseWrites(): Promise<void> {
  const { db } = server.database;
  await sql`create function refuse() returns trigger language plpgsql as 'begin raise exception ''disk full''; end'`.execute(
    db,
  );
  await sql`create trigger refuse before insert or update or delete on channel_devices for each row execute function refuse()`.execute(
    db,
  );
}

test('setting and forgetting a channel', async () => {
  expect((await channelSelf('POST', 'beta')).json()).toEqual({ status: 'ok' });
  await refuseWrites();
  const refused = { error: 'override_not_allowed', message: 'The channel could not be stored' };
  const set = await channelSelf('POST', 'electron_only');
  expect([set.statusCode, set.json()]).toEqual([200, refused]);
  const unset = await channelSelf('DELETE');
  expect([unset.statusCode, unset.json()]).toEqual([200, refused]);
  // The same choice again is no repetition of what was not done: these plugins would hear `ok` for it.
  await sql`drop trigger refuse on channel_devices`.execute(server.database.db);
  expect((await channelSelf('POST', 'electron_only')).json()).toEqual({ status: 'ok' });
  const stored = server.database.db.selectFrom('channel_devices').innerJoin('channels', 'channels.id', 'channel_id');
  expect(await stored.select('name').where('channel_devices.app_id', '=', app_id).execute()).toEqual([
    { name: 'electron_only' },
  ]);
});

const list = (prefix: string, change: Record<string, string> = {}, remoteAddress = '192.0.2.1') =>
  server.ask({
    url: `${prefix}/channel_self`,
    query: { ...question, is_emulator: 'false', is_prod: 'true', ...change },
    headers: { 'x-forwarded-for': remoteAddress },
  });
const statusesOf = async (answers: ReturnType<typeof list>[]) =>
  (await Promise.all(answers)).map(({ statusCode }) => statusCode).sort();

/** One 429 would silence plugins of this generation until the app is restarted. */
const latching = { plugin_version: '7.28.0' };
const patient = { plugin_version: '8.51.5' };

test.each([
  [latching, 503],
  [patient, 429],
])('a device that asks too often, at whichever address of the routes, with %j hears %i', async (version, refused) => {
  const device_id = crypto.randomUUID();
  const ask = (prefix: string) => list(prefix, { ...version, device_id }, `198.51.100.${refused % 256}`);
  const statuses = await statusesOf(['', '', '', '/plugin', '/plugin', '/plugin'].map(ask));
  expect(statuses).toEqual([200, 200, 200, 200, 200, refused]);
});

test('an address over the setting: who latches on 429 hears 503, others when to come back', async () => {
  const ask = (version: object, remoteAddress: string) =>
    server.ask({
      method: 'PUT',
      url: '/channel_self',
      payload: { ...question, ...version, is_emulator: false, is_prod: true, device_id: crypto.randomUUID() },
      headers: { 'x-forwarded-for': remoteAddress },
    });
  for (let call = 0; call < CHANNEL_CALL_LIMIT; call += 1)
    expect((await ask(latching, '192.0.2.9')).statusCode).toBe(200);
  for (const [version, status] of [
    [latching, 503],
    [patient, 429],
  ] as const) {
    const refused = await ask(version, '192.0.2.9');
    expect(refused.statusCode).toBe(status);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.json()).toMatchObject({
      error: 'too_many_requests',
      moreInfo: { reason: 'ip_rate_limit_exceeded' },
    });
  }
  expect((await ask(latching, '192.0.2.10')).statusCode).toBe(200);
});
