// kill -9 in the middle of a fan-out: every phone is reached, and at most one batch twice.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FakeFcm, startFakeFcm } from '../../server/src/testing/fake-fcm.ts';
import { freePort, type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { Owner } from './owner.ts';

const PHONES = 3_000;
const TOKENS_PER_CALL = 500;
const BATCH = 500;
const within = { timeout: 90_000, interval: 20 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let fcm: FakeFcm;
let server: RunningServer;
let port: number;

const start = () =>
  startServer({ dataDir: join(folder.path, 'data'), port, env: { OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true' } });

beforeAll(async () => {
  folder = await temporaryFolder('kill');
  fcm = await startFakeFcm();
  port = await freePort();
  server = await start();
});
afterAll(async () => {
  await server?.stop();
  await fcm?.close();
  await folder?.remove();
});

test('a killed fan-out goes on where it was', async () => {
  const owner = new Owner(server.url, server.adminKey ?? '');
  const app_id = 'com.example.killed';
  const app = await owner.createPushApp(app_id, fcm.credential.ca as string);
  await owner.manage('PUT', '/push/credential', { app_id, channel: 'fcm', credential: fcm.credential });
  for (let from = 0; from < PHONES; from += TOKENS_PER_CALL) {
    const tokens = Array.from({ length: TOKENS_PER_CALL }, (_, index) => `phone-token-${from + index}`);
    await owner.push('POST', '/v4/devices/token/registration_id', app.authorization, { platform: 'android', tokens });
  }
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { msg_id } = await owner.push('POST', '/v4/push', app.authorization, { to: 'all', body });
  await vi.waitFor(() => expect(fcm.requests.length).toBeGreaterThan(PHONES / 3), within);
  await server.kill();
  const before = fcm.requests.length;
  expect(before).toBeLessThan(PHONES);

  server = await start();
  const numbers = () => owner.push('GET', `/v4/status/detail?message_ids=${msg_id}`, app.authorization);
  await vi.waitFor(
    async () => expect((await numbers())[msg_id]).toMatchObject({ targets: PHONES, sent: PHONES }),
    within,
  );
  const reached = new Set(fcm.requests.map((request) => request.message.token));
  expect(reached.size).toBe(PHONES);
  expect(fcm.requests.length - PHONES).toBeLessThanOrEqual(BATCH);
});
