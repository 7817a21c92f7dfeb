// Wrong keys are counted per address and prefix, by one count for all doors that take keys. The right one always passes.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FilesServer, startFilesServer } from '../../testing/files-server.ts';

const FAILED_AUTH_LIMIT = 5;
let server: FilesServer;
beforeAll(async () => {
  server = await startFilesServer({ failedAuthLimit: FAILED_AUTH_LIMIT });
});
afterAll(() => server.close());

const missing = (authorization: string, remoteAddress: string) =>
  server.app.inject({
    method: 'POST',
    url: '/files/missing',
    headers: { authorization },
    payload: { app_id: server.app_id, hashes: [] },
    remoteAddress,
  });
const listApps = (authorization: string, remoteAddress: string) =>
  server.app.inject({ url: '/app', headers: { authorization }, remoteAddress });

test('who guesses keys at both doors hears it at both; the right key passes all the same', async () => {
  const guesser = '192.0.2.1';
  for (let guess = 0; guess < FAILED_AUTH_LIMIT; guess += 1) {
    const ask = guess % 2 === 0 ? missing : listApps;
    expect((await ask(`guess-${guess}`, guesser)).statusCode).toBe(401);
  }
  const refused = await missing('guess-again', guesser);
  expect(refused.statusCode).toBe(429);
  expect(refused.headers).toMatchObject({
    'retry-after': '900',
    'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
  });
  expect(refused.json()).toMatchObject({
    error: 'too_many_requests',
    moreInfo: { reason: 'too_many_failed_auth_attempts' },
  });
  expect((await listApps('guess-again', guesser)).statusCode).toBe(429);
  expect((await missing(server.adminKey, guesser)).statusCode).toBe(200);
  expect((await listApps(server.adminKey, guesser)).statusCode).toBe(200);
  expect((await missing('guess-again', '192.0.2.2')).statusCode).toBe(401);
});

test('a wrong key of another prefix is told what is wrong, until the address has tried too many', async () => {
  const address = '192.0.2.4';
  const tried = new Map<number, number>();
  for (let guess = 0; guess < 12 * FAILED_AUTH_LIMIT; guess += 1) {
    const { statusCode } = await listApps(`${1000 + guess}-no-key`, address);
    tried.set(statusCode, (tried.get(statusCode) ?? 0) + 1);
  }
  expect(Object.fromEntries(tried)).toEqual({ 401: 10 * FAILED_AUTH_LIMIT, 429: 2 * FAILED_AUTH_LIMIT });
  expect((await listApps(server.adminKey, address)).statusCode).toBe(200);
});

test('the addresses of one /64 of IPv6 are one address', async () => {
  for (let guess = 0; guess < FAILED_AUTH_LIMIT; guess += 1) {
    expect((await listApps('guess', `2001:db8:1:2::${guess}`)).statusCode).toBe(401);
  }
  expect((await listApps('guess', '2001:db8:1:2:ffff::1')).statusCode).toBe(429);
  expect((await listApps('guess', '2001:db8:1:3::1')).statusCode).toBe(401);
});

test('right keys, and calls without one, are no guesses', async () => {
  const address = '192.0.2.3';
  for (let call = 0; call < 2 * FAILED_AUTH_LIMIT; call += 1) {
    expect((await missing(server.adminKey, address)).statusCode).toBe(200);
    expect((await missing('', address)).statusCode).toBe(401);
  }
});
