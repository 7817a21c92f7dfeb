import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.example.reviewed';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.database.db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Reviewed' }).execute();
});
afterAll(() => server.close());

const phone = {
  ...{ app_id, device_id: '00009a6b-eefe-490a-9c60-8e965132ae51', platform: 'ios', plugin_version: '8.51.14' },
  ...{ version_build: '1.0.0', version_name: '1.0.0' },
};
const from = (remoteAddress: string, url: string, method: 'POST' | 'PUT' = 'POST') =>
  server.app.inject({ method, url, remoteAddress, payload: phone });

test('a machine of a store is told so, and is not noted as a device', async () => {
  const answer = await from('17.1.2.3', '/updates');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    error: 'provider_infrastructure_request_blocked',
    message: 'Update requests from known provider infrastructure are blocked',
    kind: 'blocked',
    provider: 'apple',
  });
  await server.parts.sightings.flush();
  expect(await server.database.db.selectFrom('devices').select('device_id').execute()).toEqual([]);
  const channel = await from('66.249.66.1', '/channel_self', 'PUT');
  expect(channel.statusCode).toBe(429);
  expect(channel.json()).toEqual({
    error: 'provider_infrastructure_request_blocked',
    message: 'Provider infrastructure requests are blocked',
    moreInfo: {},
  });
});

test('a phone is asked nothing of the kind', async () => {
  expect((await from('192.0.2.7', '/updates')).json()).toMatchObject({ error: 'no_channel' });
});

test('an owner can let the stores in', async () => {
  const { db } = server.database;
  await db.updateTable('apps').set({ block_provider_infra_requests: false }).where('app_id', '=', app_id).execute();
  await server.parts.snapshots.caughtUp();
  expect((await from('17.1.2.3', '/updates')).json()).toMatchObject({ error: 'no_channel' });
});
