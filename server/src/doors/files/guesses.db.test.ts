// Wrong keys are counted per address, by one count for all doors that take keys.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FilesServer, startFilesServer } from '../../testing/files-server.ts';

const failedAuthLimit = 5;
let server: FilesServer;
beforeAll(async () => {
  server = await startFilesServer({ failedAuthLimit });
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

test('who guesses keys at both doors is shut out at both, with the right key too, and nobody else is', async () => {
  const guesser = '192.0.2.1';
  for (let guess = 0; guess < failedAuthLimit; guess += 1) {
    const ask = guess % 2 === 0 ? missing : listApps;
    expect((await ask(`guess-${guess}`, guesser)).statusCode).toBe(401);
  }
  const refused = await missing(server.adminKey, guesser);
  expect(refused.statusCode).toBe(429);
  expect(refused.headers).toMatchObject({
    'retry-after': '900',
    'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
  });
  expect(refused.json()).toMatchObject({
    error: 'too_many_requests',
    moreInfo: { reason: 'too_many_failed_auth_attempts' },
  });
  expect((await listApps(server.adminKey, guesser)).statusCode).toBe(429);
  expect((await missing(server.adminKey, '192.0.2.2')).statusCode).toBe(200);
});

test('right keys, and calls without one, are no guesses', async () => {
  const address = '192.0.2.3';
  for (let call = 0; call < 2 * failedAuthLimit; call += 1) {
    expect((await missing(server.adminKey, address)).statusCode).toBe(200);
    expect((await missing('', address)).statusCode).toBe(401);
  }
});
