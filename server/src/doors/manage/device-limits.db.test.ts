// How often a device may be asked about and forced, by one key (docs/protocol/management.md §3.3).

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.example.limits';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await call('POST', '/app', { app_id, name: 'Limits', owner_org: server.orgId });
  for (const channel of ['beta', 'gamma']) await call('POST', '/channel', { app_id, channel });
});
afterAll(() => server.close());

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const headers = { authorization: server.adminKey };
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, headers: answer.headers, json: answer.json() };
}

test('five calls a second for one device and kind of call, then the device has to wait', async () => {
  const url = `/device?app_id=${app_id}&device_id=one`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => call('GET', url)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(3);
  expect(refused[0]).toMatchObject({
    headers: { 'retry-after': '1', 'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/) },
    json: { error: 'too_many_requests', status: 'KO', moreInfo: { app_id, device_id: 'one' } },
  });
  expect(refused[0]?.json.moreInfo).not.toHaveProperty('reason');
  expect((await call('GET', `/device?app_id=${app_id}&device_id=two`)).status).toBe(404);
  expect((await call('DELETE', url)).status).toBe(200);
});

test('the same override once a minute, whether it worked or not; another channel at once', async () => {
  const override = (channel: string, device_id: string) => call('POST', '/device', { app_id, device_id, channel });
  expect((await override('beta', 'three')).status).toBe(200);
  expect((await override('gamma', 'three')).status).toBe(200);
  expect((await override('beta', 'three')).json.moreInfo.retryAfterSeconds).toBeGreaterThan(50);
  expect((await override('beta', 'four')).status).toBe(200);
  expect((await override('nothing', 'five')).status).toBe(404);
  expect((await override('nothing', 'five')).status).toBe(429);
});

test('an owner may switch it off', async () => {
  const free = await startTestServer({ deviceRateLimit: 0 });
  const url = `/device?app_id=${app_id}&device_id=one`;
  const ask = () => free.app.inject({ url, headers: { authorization: free.adminKey } });
  const answers = await Promise.all(Array.from({ length: 8 }, ask));
  await free.close();
  expect(answers.map((answer) => answer.statusCode)).not.toContain(429);
});
