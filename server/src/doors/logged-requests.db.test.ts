// What the log has of requests: a line for each change, and a sample of what devices ask wrongly.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildApp } from '../app.ts';
import { openLog } from '../log.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { throughPort } from '../testing/through-port.ts';

let server: TestServer;
let app: Awaited<ReturnType<typeof buildApp>>;
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  server = await startTestServer();
  const log = openLog('info', false, { to: { write: (line) => lines.push(JSON.parse(line)) } });
  app = await buildApp({ ...server.parts, log });
});
afterAll(async () => {
  await app.close();
  await server.close();
});
beforeEach(() => lines.splice(0));

test('a change is one line: what, by whom, where, and the name of its request; what was read or refused is none', async () => {
  const headers = { authorization: server.adminKey };
  const payload = { app_id: 'com.example.logged', name: 'Secret name', owner_org: server.orgId };
  const answer = await app.inject({ method: 'POST', url: '/app', headers, payload });
  expect(answer.statusCode, answer.body).toBe(200);
  await app.inject({ url: '/app/com.example.logged', headers });
  await app.inject({ method: 'POST', url: '/app', headers, payload });
  expect(lines).toMatchObject([
    {
      ...{ level: 30, msg: 'changed', route: 'POST /app', by: expect.stringMatching(/^key \d+$/), ip: '127.0.0.1' },
      ...{ app_id: 'com.example.logged', reqId: answer.headers['x-request-id'] },
    },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/Secret name|test-admin-key/);
});

test('what devices ask wrongly is written down once a minute and code, by both ways in', async () => {
  const ask = throughPort(app);
  for (let at = 0; at < 50; at += 1) await ask({ method: 'POST', url: '/updates', payload: { app_id: 1 } });
  await app.inject({ method: 'POST', url: '/updates?through=fastify', payload: '{' });
  const told = lines.filter(({ msg }) => msg === 'a device asked wrongly');
  expect(told.map(({ code, status, level }) => `${code} ${status} ${level}`)).toEqual([
    'missing_device_id 400 30',
    'invalid_json_parse_body 400 30',
  ]);
});
