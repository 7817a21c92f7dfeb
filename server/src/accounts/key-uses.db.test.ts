// The list of keys says when each was used last, and from where.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await startTestServer();
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
});

const ask = (url: string, key: string, remoteAddress: string, method: 'GET' | 'POST' = 'GET', payload?: object) =>
  server.app.inject({
    method,
    url,
    remoteAddress,
    headers: { authorization: key },
    ...(payload && { payload: JSON.stringify(payload) }),
  });

/** The note is written while the call is answered: asked again until it is there. */
const useOf = (id: number, last_used_ip: string | null) =>
  vi.waitFor(
    async () => {
      const rows = (await ask('/apikey', server.adminKey, '127.0.0.1')).json() as Record<string, unknown>[];
      const row = rows.find((each) => each['id'] === id)!;
      expect(row['last_used_ip']).toBe(last_used_ip);
      return row;
    },
    { timeout: 20_000 },
  );

test('never, then where it was used; again after a minute, and by a wrong value never', async () => {
  const made = (await ask('/apikey', server.adminKey, '127.0.0.1', 'POST', { name: 'ci', mode: 'read' })).json();
  expect(made).toMatchObject({ last_used_at: null, last_used_ip: null });
  await ask('/app', 'wrong', '192.0.2.9');
  expect(await useOf(made.id, null)).toMatchObject({ last_used_at: null });
  expect((await ask('/app', made.key, '192.0.2.1')).statusCode).toBe(200);
  expect(await useOf(made.id, '192.0.2.1')).toMatchObject({ last_used_at: expect.any(String) });
  vi.setSystemTime(Date.now() + 61_000);
  await ask('/app', made.key, '192.0.2.2');
  await useOf(made.id, '192.0.2.2');
  const anew = await server.app.inject({
    method: 'PUT',
    url: `/apikey/${made.id}`,
    headers: { authorization: server.adminKey },
    payload: JSON.stringify({ regenerate: true }),
  });
  expect(anew.json()).toMatchObject({ last_used_at: null, last_used_ip: null });
});
