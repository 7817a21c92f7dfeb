// GET /server: the owner of the server sees how it is doing, and nobody else.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const app = { app_id: 'com.example.app', owner_org: server.orgId, name: 'App' };
  await server.database.db.insertInto('apps').values(app).execute();
});
afterAll(async () => server.close());

async function ask(key: string) {
  const answer = await server.app.inject({ method: 'GET', url: '/server', headers: { 'x-api-key': key } });
  return { status: answer.statusCode, json: JSON.parse(answer.body) };
}

test('the owner sees version, database, processes and late work', async () => {
  expect(await ask(server.adminKey)).toMatchObject({
    status: 200,
    json: {
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
      started_at: expect.stringMatching(/Z$/),
      database: { engine: server.database.engine, bytes: expect.any(Number), state: 'ok' },
      storage: 'file',
      processes: [{ host: expect.any(String), roles: expect.any(Array), changes: expect.any(String) }],
      queues: [],
    },
  });
  expect((await ask(server.adminKey)).json.database.bytes).toBeGreaterThan(1_000_000);
});

test.each([
  ['a key that may only read', { mode: 'read' }],
  ['a key of some apps', { mode: 'all', limited_to_apps: ['com.example.app'] }],
] as const)('%s does not', async (_, limits) => {
  const made = await server.app.inject({
    method: 'POST',
    url: '/apikey',
    headers: { 'x-api-key': server.adminKey },
    payload: { name: 'limited', ...limits },
  });
  expect(await ask(made.json().key)).toMatchObject({ status: 403, json: { error: 'not_server_owner' } });
});

test('a question with something that is not known is refused', async () => {
  const answer = await server.app.inject({
    method: 'GET',
    url: '/server?verbose=1',
    headers: { 'x-api-key': server.adminKey },
  });
  expect(answer.statusCode).toBe(400);
});
