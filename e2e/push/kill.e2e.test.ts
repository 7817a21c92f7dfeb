// kill -9 in the middle of fan-outs: every phone is reached, and at most one batch of each fan-out under way twice.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LANES } from '../../server/src/push/delivery/turns.ts';
import { type FakeFcm, startFakeFcm } from '../../server/src/testing/fake-fcm.ts';
import { startPostgres } from '../../server/src/testing/postgres-setup.ts';
import { freePort, type RunningServer, startServer, temporaryFolder } from '../processes.ts';
import { Owner } from './owner.ts';

const PHONES = 3_000;
const TOKENS_PER_CALL = 500;
const BATCH = 500;
const KILLS = 5;
const APPS = 3;
const within = { timeout: 120_000, interval: 20 };

describe.each(['pglite', 'postgres'] as const)('on %s', (engine) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;
  let fcm: FakeFcm;
  let server: RunningServer;
  let owner: Owner;
  let port: number;

  const start = () => {
    const env = {
      OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true',
      OVERAIR_ADMIN_KEY: 'killed-admin-key-0123456789',
      ...(postgres && { DATABASE_URL: postgres.url }),
    };
    return startServer({ dataDir: join(folder.path, 'data'), port, env });
  };

  beforeAll(async () => {
    folder = await temporaryFolder('kill');
    if (engine === 'postgres') postgres = await startPostgres();
    fcm = await startFakeFcm();
    port = await freePort();
    server = await start();
    owner = new Owner(server.url, 'killed-admin-key-0123456789');
  });
  afterAll(async () => {
    await server?.stop();
    await fcm?.close();
    await postgres?.stop();
    await folder?.remove();
  });

  async function createApp(app_id: string, phones: number): Promise<string> {
    const { authorization } = await owner.createPushApp(app_id, fcm.credential['ca'] as string);
    await owner.manage('PUT', '/push/credential', { app_id, channel: 'fcm', credential: fcm.credential });
    for (let from = 0; from < phones; from += TOKENS_PER_CALL) {
      const tokens = Array.from(
        { length: TOKENS_PER_CALL },
        (_, index) => `${app_id.split('.').at(-1)}-token-${from + index}`,
      );
      await owner.push('POST', '/v4/devices/token/registration_id', authorization, { platform: 'android', tokens });
    }
    return authorization;
  }

  async function send(authorization: string): Promise<string> {
    const body = { platform: 'android', notification: { alert: 'x' } };
    return (await owner.push('POST', '/v4/push', authorization, { to: 'all', body })).msg_id;
  }

  async function waitUntilSent(authorization: string, msg_id: string, phones: number): Promise<void> {
    const numbers = () => owner.push('GET', `/v4/status/detail?message_ids=${msg_id}`, authorization);
    await vi.waitFor(
      async () => expect((await numbers())[msg_id]).toMatchObject({ targets: phones, sent: phones }),
      within,
    );
  }

  test('a killed fan-out goes on where it was', { timeout: 600_000 }, async () => {
    const authorization = await createApp('com.example.killed', PHONES);
    const msg_id = await send(authorization);
    await vi.waitFor(() => expect(fcm.requests.length).toBeGreaterThan(PHONES / 3), within);
    await server.kill();
    const before = fcm.requests.length;
    expect(before).toBeLessThan(PHONES);
    server = await start();
    await waitUntilSent(authorization, msg_id, PHONES);
    const reached = new Set(fcm.requests.map((request) => request.message.token));
    expect(reached.size).toBe(PHONES);
    expect(fcm.requests.length - PHONES).toBeLessThanOrEqual(BATCH);
  });

  test(`fan-outs of ${APPS} apps and ${KILLS} kills`, { timeout: 600_000 }, async () => {
    const names = Array.from({ length: APPS }, (_, index) => `com.example.killed${index}`);
    const apps: string[] = [];
    for (const name of names) apps.push(await createApp(name, PHONES / APPS));
    fcm.requests.length = 0;
    const sent: { authorization: string; msg_id: string }[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = fcm.requests.length;
      for (const authorization of apps) sent.push({ authorization, msg_id: await send(authorization) });
      await vi.waitFor(() => expect(fcm.requests.length).toBeGreaterThan(before), within);
      await server.kill();
      server = await start();
    }
    const startedMs = performance.now();
    for (const { authorization, msg_id } of sent) await waitUntilSent(authorization, msg_id, PHONES / APPS);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const wanted = KILLS * PHONES;
    const repeated = fcm.requests.length - wanted;
    process.stdout.write(`${engine}: all out ${seconds} s after the last start, ${repeated} sent twice\n`);
    const times = new Map<string, number>();
    for (const { message } of fcm.requests) times.set(message.token, (times.get(message.token) ?? 0) + 1);
    expect(times.size).toBe(PHONES);
    expect(Math.min(...times.values())).toBeGreaterThanOrEqual(KILLS);
    // A process carries on one fan-out in each of its lanes.
    expect(repeated).toBeLessThanOrEqual(KILLS * LANES * BATCH);
  });
});
