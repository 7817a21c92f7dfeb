// The name of a request: what brings an answer and its lines in the log together.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './testing/server.ts';

const open: TestServer[] = [];
let plain: TestServer;
beforeAll(async () => {
  plain = await startTestServer();
  open.push(plain);
});
afterAll(async () => {
  await Promise.all(open.map((server) => server.close()));
});

async function start(trustProxy: boolean): Promise<(given?: string) => Promise<string>> {
  const server = await startTestServer({ trustProxy });
  open.push(server);
  return async (given) => {
    const headers = given === undefined ? {} : { 'x-request-id': given };
    return String((await server.app.inject({ url: '/ok', headers })).headers['x-request-id']);
  };
}

test('no two requests have the same, whichever process answers', async () => {
  const [first, second] = await Promise.all([start(false), start(false)]);
  const ids = await Promise.all([first(), first(), second(), second()]);
  expect(new Set(ids).size).toBe(4);
  expect(await first('from-a-stranger')).not.toBe('from-a-stranger');
});

test('a proxy that is trusted may have given it', async () => {
  const ask = await start(true);
  expect(await ask('proxy-7f3a:01')).toBe('proxy-7f3a:01');
  for (const odd of ['', 'with space', 'x'.repeat(200), '"quoted"']) expect(await ask(odd)).not.toBe(odd);
});

test.each([
  ['GET', '/healthz'],
  ['GET', '/updates'],
  ['POST', '/updates'],
  ['POST', '/stats'],
  ['PUT', '/channel_self'],
  ['GET', '/app'],
  ['POST', '/ko'],
  ['GET', '/files/get/none/none/none'],
  ['GET', '/v4/devices'],
  ['POST', '/v4/push'],
  ['GET', '/nowhere'],
  ['GET', `/app/${'x'.repeat(2_000)}`],
  ['GET', '/%ff'],
] as const)('the answer to %s %.30s carries one', async (method, url) => {
  const payload = method === 'GET' ? undefined : '{}';
  const { headers } = await plain.ask({ method, url, ...(payload && { payload }) });
  expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
});
