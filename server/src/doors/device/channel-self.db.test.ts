// What goes wrong with channels that devices choose: the database refuses to store one, a device asks too often.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { createFixture } from './conformance/fixture.ts';

const app_id = 'com.demo.storage';
const device = { app_id, device_id: '11111111-1111-4111-8111-111111111111', plugin_version: '7.28.0' };
const question = { ...device, platform: 'android', version_build: '1.0.0', version_name: '1.0.0', version_os: '14' };
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await createFixture(server.database.db, app_id, server.orgId);
});
afterAll(() => server.close());

const channelSelf = (method: 'POST' | 'DELETE', channel?: string) =>
  server.app.inject({
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

test('the limits of a device are the same at both addresses of the routes', async () => {
  const list = (prefix: string) =>
    server.app.inject({ url: `${prefix}/channel_self`, query: { ...question, is_emulator: 'false', is_prod: 'true' } });
  const answers = await Promise.all(['', '', '', '/plugin', '/plugin', '/plugin'].map(list));
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 200, 200, 200, 429]);
});
