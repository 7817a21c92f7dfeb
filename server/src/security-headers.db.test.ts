// What every answer of every door carries, whatever went wrong, and what a proxy that nobody named leads to.

import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
let port: number;

beforeAll(async () => {
  server = await startTestServer({ trustProxy: '192.0.2.0/24' });
  const address = await server.app.listen({ port: 0, host: '127.0.0.1' });
  port = Number(new URL(address).port);
});
afterAll(() => server.close());

const secured = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
};

test.each([
  ['GET', '/ok', 200],
  ['GET', '/nowhere', 404],
  ['GET', '/app', 401],
  ['POST', '/ko', 500],
  ['GET', '/connect', 200],
  ['GET', '/docs', 200],
  ['GET', '/openapi.json', 200],
  ['GET', '/invitation?token=x', 404],
  ['GET', '/healthz', 200],
  // The queues of background jobs do not exist in this test.
  ['GET', '/readyz', 503],
  ['GET', '/metrics', 200],
  ['GET', '/updates', 200],
  ['POST', '/updates', 400],
  ['POST', '/stats', 400],
  ['GET', '/channel_self', 400],
  ['GET', '/files/nowhere', 404],
  ['POST', '/files/missing', 400],
  ['GET', '/v4/nowhere', 404],
  ['POST', '/v4/push', 401],
  ['PATCH', '/v4/push', 405],
  ['GET', '/overair-push-example', 200],
  ['GET', '/%zz', 400],
  ['GET', `/app/${'x'.repeat(2000)}`, 414],
] as const)('%s %s', async (method, path, status) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  await answer.text();
  expect(answer.status).toBe(status);
  expect(Object.fromEntries(answer.headers)).toMatchObject(secured);
});

test('a body that is too large', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/app`, { method: 'POST', body: 'x'.repeat(2_000_000) });
  expect(answer.status).toBe(413);
  expect(Object.fromEntries(answer.headers)).toMatchObject(secured);
});

test.each([
  ['no HTTP', 'nonsense\r\n\r\n', '400 Bad Request'],
  ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request Header'],
])('%s', async (_what, bytes, status) => {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(text));
  });
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toContain('x-content-type-options: nosniff');
  expect(answer).toContain("frame-ancestors 'none'");
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ error: 'invalid_request', status: 'KO' });
});

test('the policy of a worker is its own: it reports to a server', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/overair-push-worker.js`);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toBeNull();
});

test('who asks through a proxy that nobody named is told; a named one is believed', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.7' };
  const asked = async (init?: RequestInit) => (await fetch(`http://127.0.0.1:${port}/ok`, init)).json();
  expect(await asked()).toEqual({ status: 'ok' });
  expect(await asked({ headers })).toEqual({ status: 'ok', forwarded_for: 'ignored' });
  const named = await server.app.inject({ url: '/ok', remoteAddress: '192.0.2.200', headers });
  expect(named.json()).toEqual({ status: 'ok' });
});
