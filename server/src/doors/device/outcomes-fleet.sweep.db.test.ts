// A simulated fleet knows what it runs, the server knows what it was told: both are compared. Deterministic by its seed.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.outcomes.fleet';
const release = '1.1.0';
const DEVICES = 400;
const STRANGERS = 30;
const ROUNDS = 4;
const SEED = 20_261_127;
const dayMs = 24 * 60 * 60 * 1000;

interface Phone {
  readonly device_id: string;
  readonly platform: 'ios' | 'android';
  /** The bundle never confirms itself on it. */
  readonly isBad: boolean;
  /** Old plugins say neither that they downloaded nor that the app is well. */
  readonly isOld: boolean;
  /** Has no `statsUrl`. */
  readonly isMute: boolean;
  readonly skewMs: number;
  runs: string;
}

let server: TestServer;
let state = SEED;

/** mulberry32 */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const happens = (share: number) => random() < share;
const idOf = (index: number) => `00000000-0000-4000-9000-${index.toString(16).padStart(12, '0')}`;

const phones = Array.from(
  { length: DEVICES },
  (_, index): Phone => ({
    device_id: idOf(index),
    platform: happens(0.4) ? 'ios' : 'android',
    isBad: happens(0.05),
    isOld: happens(0.1),
    isMute: happens(0.05),
    skewMs: happens(0.1) ? (random() - 0.5) * 2 * dayMs : 0,
    runs: '1.0.0',
  }),
);

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
  const { db } = server.database;
  const owner_org = server.orgId;
  await db
    .insertInto('apps')
    .values({ app_id, owner_org, name: app_id } as never)
    .execute();
  const bundle = { app_id, owner_org, name: release, storage_provider: 'external', external_url: 'https://cdn.test/b' };
  await db
    .insertInto('bundles')
    .values(bundle as never)
    .execute();
  const payload = JSON.stringify({ app_id, channel: 'production', version: release, public: true });
  await manage('POST', '/channel', payload);
});
afterAll(() => server.close());

async function manage(method: 'GET' | 'POST', url: string, payload?: string) {
  const headers = { authorization: server.adminKey };
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

const facts = ({ device_id, platform, isOld }: Phone) => ({
  ...{
    app_id,
    device_id,
    platform,
    plugin_version: isOld ? '6.14.9' : '8.51.14',
    version_build: '1.0.0',
    version_os: '16',
  },
  ...{ is_prod: true, is_emulator: false, custom_id: '', defaultChannel: '' },
});

async function check(phone: Phone): Promise<string | undefined> {
  const payload = { ...facts(phone), version_name: phone.runs };
  return (await server.ask({ method: 'POST', url: '/updates', payload })).json().version;
}

/** Some are lost on the way for good, some arrive twice. */
async function report(phone: Phone, action: string, timestamp = Date.now() + phone.skewMs): Promise<void> {
  if (phone.isMute || happens(0.05)) return;
  const payload = { ...facts(phone), action, version_name: release, timestamp: Math.round(timestamp) };
  for (let times = happens(0.05) ? 2 : 1; times > 0; times -= 1) {
    expect((await server.ask({ method: 'POST', url: '/stats', payload })).statusCode).toBe(200);
  }
}

/** Asks, and does with the answer what a plugin does. */
async function wake(phone: Phone): Promise<void> {
  if ((await check(phone)) !== release) return;
  if (happens(0.1)) return report(phone, 'download_fail');
  if (!phone.isOld) await report(phone, 'download_complete');
  // It is installed at the next background of the app, which may not come before the next check.
  if (happens(0.2)) return;
  await report(phone, 'set');
  if (phone.isBad) return report(phone, 'update_fail');
  phone.runs = release;
  if (!phone.isOld) await report(phone, 'app_launch_ready');
}

test('what runs is known of every device, whatever was lost, repeated or invented', { timeout: 120_000 }, async () => {
  const strangers = phones
    .slice(0, STRANGERS)
    .map((phone, index) => ({ ...phone, isMute: false, device_id: idOf(DEVICES + index) }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const phone of phones) if (!happens(0.3)) await wake(phone);
    for (const stranger of strangers) await report(stranger, happens(0.5) ? 'set' : 'update_fail');
  }
  // Once more each, and nothing else happens: what is told afterwards is at most one check old.
  for (const phone of phones) await check(phone);
  await server.parts.sightings.flush();
  await server.parts.served.flush();
  await server.parts.recorder.drain();

  const { total } = await manage('GET', `/app/${app_id}/outcomes?bundle=${release}`);
  const runs = phones.filter((phone) => phone.runs === release).length;
  expect(runs).toBeGreaterThan(DEVICES * 0.8);
  expect(total.running).toBe(runs);
  const failed = Object.values(total.failed as Record<string, number>).reduce((sum, count) => sum + count, 0);
  const refused = Object.values(total.refused as Record<string, number>).reduce((sum, count) => sum + count, 0);
  expect(total.offered + total.downloaded + total.running + failed + refused + total.silent, 'each counts once').toBe(
    DEVICES,
  );
  expect(total.failed.crash, 'a bundle that does not start is no crash').toBe(0);
  const isKnownToFail = ({ isBad, isMute }: Phone) => isBad && !isMute;
  // A report in twenty is lost, and a repeated download makes it anew.
  expect(total.failed.bundle).toBeGreaterThan(phones.filter(isKnownToFail).length * 0.6);
  expect(total.failed.bundle).toBeLessThanOrEqual(phones.filter(isKnownToFail).length);
});
