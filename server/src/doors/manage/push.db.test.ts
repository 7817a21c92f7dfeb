import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic } from '../../testing/push-world.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
const app_id = 'com.example.managed';
beforeAll(async () => {
  server = await startTestServer();
  const { db } = server.database;
  await db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Managed' }).execute();
});
afterAll(async () => server.close());

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) {
  const answer = await server.app.inject({
    method,
    url: method === 'GET' && body ? `${url}?${new URLSearchParams(body as Record<string, string>)}` : url,
    headers: { authorization: server.adminKey },
    ...(method !== 'GET' && body && { payload: body }),
  });
  return { status: answer.statusCode, text: answer.body, json: JSON.parse(answer.body) };
}

test('an owner enables push, stores a credential, and its secrets never come back', async () => {
  const enabled = await call('POST', '/push/app', { app_id });
  expect(enabled).toMatchObject({ status: 201, json: { app_key: expect.stringMatching(/^[0-9a-f]{24}$/) } });
  expect((await call('POST', '/push/app', { app_id })).status).toBe(409);
  const credential = { subject: 'mailto:owner@example.com' };
  expect((await call('PUT', '/push/credential', { app_id, channel: 'webpush', credential })).status).toBe(200);
  const shown = await call('GET', '/push/app', { app_id });
  expect(shown.json.credentials[0].details.public_key).toMatch(/^[\w-]{87}$/);
  expect(shown.text).not.toContain('private_key');
  expect(shown.text).not.toContain(enabled.json.master_secret);
  const stored = JSON.stringify(await server.database.db.selectFrom('push_credentials').selectAll().execute());
  expect(stored).not.toContain('private_key');
});

test('the VAPID key pair stays when the rest of the credential changes', async () => {
  const keyOf = async () => (await call('GET', '/push/app', { app_id })).json.credentials[0].details.public_key;
  const before = await keyOf();
  const credential = { subject: 'mailto:other@example.com', hosts: ['push.example.com'] };
  expect((await call('PUT', '/push/credential', { app_id, channel: 'webpush', credential })).status).toBe(200);
  expect(await keyOf()).toBe(before);
});

test('a malformed credential is refused with the name of the field and without the secret', async () => {
  const credential = { p8: 'not a key at all', key_id: 'k', team_id: 't', bundle_id: 'b' };
  const answer = await call('PUT', '/push/credential', { app_id, channel: 'apns', credential });
  expect(answer).toMatchObject({ status: 400, json: { error: 'push_21003' } });
  expect(answer.json.message).toContain('p8');
  expect(answer.text).not.toContain('not a key at all');
});

test('a rotated master secret opens, and the one before still does', async () => {
  const shown = await call('GET', '/push/app', { app_id });
  const { master_secret: first } = (await call('POST', '/push/app/rotate', { app_id })).json;
  const { master_secret: second } = (await call('POST', '/push/app/rotate', { app_id })).json;
  const opens = async (secret: string) => {
    const headers = { authorization: basic(shown.json.app_key, secret) };
    return (await server.app.inject({ method: 'GET', url: '/v4/tags', headers })).statusCode;
  };
  expect(await Promise.all([opens(first), opens(second)])).toEqual([200, 200]);
  expect(await opens('0'.repeat(24))).toBe(401);
});

test('a group is created, changed, rotated and deleted', async () => {
  const { orgId } = server;
  const created = await call('POST', '/push/group', { orgId, name: 'All apps', app_ids: [app_id, 'com.stranger.app'] });
  expect(created.status).toBe(201);
  const { group_key } = created.json;
  expect((await call('GET', '/push/group', { orgId })).json).toMatchObject([{ group_key, app_ids: [app_id] }]);
  expect((await call('PUT', '/push/group', { orgId, group_key, name: 'Renamed', app_ids: [] })).status).toBe(200);
  expect((await call('GET', '/push/group', { orgId })).json).toMatchObject([{ name: 'Renamed', app_ids: [] }]);
  expect((await call('POST', '/push/group/rotate', { orgId, group_key })).json.group_secret).toMatch(/^[0-9a-f]{24}$/);
  expect((await call('DELETE', '/push/group', { orgId, group_key })).status).toBe(200);
  expect((await call('DELETE', '/push/group', { orgId, group_key })).status).toBe(404);
});

test('a segment is a stored audience, checked like one', async () => {
  const bad = await call('POST', '/push/segment', { app_id, name: 'Gold', audience: { tags: ['gold'] } });
  expect(bad).toMatchObject({ status: 400, json: { error: 'push_21015' } });
  const good = await call('POST', '/push/segment', { app_id, name: 'Gold', audience: { tag: ['gold'] } });
  expect(good.status).toBe(201);
  expect((await call('GET', '/push/segment', { app_id })).json).toEqual([good.json]);
});
