import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { guardRollouts } from './auto-pause.ts';

const app_id = 'com.example.guarded';
let server: TestServer;
let stable: number;
let target: number;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
  const { db } = server.database;
  const owner_org = server.orgId;
  await db
    .insertInto('apps')
    .values({ app_id, owner_org, name: 'Guarded' } as never)
    .execute();
  const bundle = async (name: string) => {
    const row = { app_id, owner_org, name, storage_provider: 'external', external_url: 'https://cdn.test/b.zip' };
    return (
      await db
        .insertInto('bundles')
        .values(row as never)
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  };
  stable = await bundle('1.0.0');
  target = await bundle('1.1.0');
});
afterAll(() => server.close());

beforeEach(async () => {
  const { db } = server.database;
  await db.deleteFrom('channels').where('app_id', '=', app_id).execute();
  await db.deleteFrom('stats_events').where('app_id', '=', app_id).execute();
  const channel = {
    app_id,
    owner_org: server.orgId,
    name: 'production',
    public: true,
    version: stable,
    rollout_version: target,
    rollout_enabled: true,
    rollout_percentage_bps: 10_000,
    auto_pause_enabled: true,
    auto_pause_failure_rate_bps: 1_000,
    auto_pause_min_attempts: 10,
  };
  await db
    .insertInto('channels')
    .values(channel as never)
    .execute();
  await server.parts.snapshots.caughtUp();
});

const setChannel = (change: object) =>
  server.database.db.updateTable('channels').set(change).where('app_id', '=', app_id).execute();
const channel = () =>
  server.database.db.selectFrom('channels').selectAll().where('app_id', '=', app_id).executeTakeFirstOrThrow();

let devices = 0;

const newId = () => `00000000-0000-4000-8000-${String(devices++).padStart(12, '0')}`;
const aPhone = (change: object) => ({
  ...{ app_id, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
  ...change,
});
const post = async (url: string, body: unknown) =>
  (await server.app.inject({ method: 'POST', url, payload: JSON.stringify(body) })).json();

/** Reports through the door, as `count` devices that nobody offered anything. */
async function claim(action: string, count: number, facts: object = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    const answer = await post('/stats', [aPhone({ device_id: newId(), action, version_name: '1.1.0', ...facts })]);
    expect(answer).toMatchObject({ results: [{ status: 'ok' }] });
  }
}

/** The same as phones that were offered the bundle of the rollout. */
async function report(action: string, count: number, facts: object = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    const device_id = newId();
    const offer = await post('/updates', aPhone({ device_id, version_name: '0.9.0', ...facts }));
    expect(offer).toMatchObject({ version: '1.1.0' });
    await claim(action, 1, { device_id, ...facts });
  }
}

async function guard(): Promise<void> {
  await server.parts.sightings.flush();
  await guardRollouts(server.parts, new Date());
}

test('a bundle that fails is paused, and devices get the stable one', async () => {
  await report('set', 6);
  await report('update_fail', 6);
  await guard();
  expect(await channel()).toMatchObject({ rollout_version: target, rollout_percentage_bps: 10_000 });
  expect((await channel()).rollout_paused_at).not.toBeNull();
  expect((await channel()).rollout_pause_reason).toMatch(/^50\.00 % of 12 attempts failed/);
});

test('rollback takes the target away and keeps the reason', async () => {
  await setChannel({ auto_pause_action: 'rollback' });
  await report('set', 6);
  await report('update_fail', 6);
  await guard();
  expect(await channel()).toMatchObject({
    rollout_version: null,
    rollout_enabled: false,
    rollout_percentage_bps: 0,
    rollout_paused_at: null,
    rollout_pause_reason: expect.stringContaining('attempts failed'),
  });
});

test('notify changes nothing for devices', async () => {
  await setChannel({ auto_pause_action: 'notify' });
  await report('update_fail', 12);
  await guard();
  expect(await channel()).toMatchObject({ rollout_enabled: true, rollout_paused_at: null });
  expect((await channel()).auto_pause_last_triggered_at).not.toBeNull();
});

test('emulators and development builds prove nothing', async () => {
  await report('update_fail', 12, { is_emulator: true });
  await report('update_fail', 12, { is_prod: false });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
});

test('one device that fails again and again is one device', async () => {
  const device_id = '00000000-0000-4000-9000-000000000000';
  await report('set', 11);
  await report('update_fail', 1, { device_id });
  for (let n = 0; n < 20; n++) await claim('update_fail', 1, { device_id });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
});

test('failures of another bundle do not count', async () => {
  await claim('update_fail', 12, { version_name: '1.0.0' });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
  expect((await channel()).auto_pause_last_checked_at).not.toBeNull();
});

test('devices that nobody offered the bundle stop nothing, and hide nothing', async () => {
  await setChannel({ auto_pause_action: 'rollback' });
  await claim('set_fail', 40);
  await guard();
  expect(await channel()).toMatchObject({ rollout_version: target, rollout_enabled: true });
  await claim('set', 100);
  await report('set_fail', 40);
  await guard();
  expect(await channel()).toMatchObject({
    rollout_version: null,
    rollout_pause_reason: expect.stringMatching(/^100\.00 % of 40 attempts failed/),
  });
  const heldBack = await server.database.db
    .selectFrom('held_back_daily')
    .select('count')
    .where('app_id', '=', app_id)
    .where('reason', '=', 'not_offered')
    .executeTakeFirstOrThrow();
  expect(Number(heldBack.count)).toBeGreaterThanOrEqual(140);
});

test('a device that was invented and asks for an update is as good as its network: beyond the cap it does not count', async () => {
  const capped = await startTestServer({ newDevicesPerHour: 5 }, server.database);
  try {
    for (let n = 0; n < 30; n++) {
      const device_id = newId();
      for (const [url, change] of [
        ['/updates', { version_name: '0.9.0' }],
        ['/stats', { version_name: '1.1.0', action: 'set_fail' }],
      ] as const) {
        const payload = JSON.stringify(aPhone({ device_id, ...change }));
        expect((await capped.app.inject({ method: 'POST', url, payload })).statusCode).toBe(200);
      }
    }
    await capped.parts.sightings.flush();
    await guardRollouts(capped.parts, new Date());
    expect((await channel()).rollout_paused_at, 'five are too few to judge').toBeNull();
  } finally {
    await capped.close();
  }
});

test('what a device told of the bundle counts, whatever it was offered after that', async () => {
  const ids = Array.from({ length: 20 }, newId);
  for (const device_id of ids) await post('/updates', aPhone({ device_id, version_name: '0.9.0' }));
  await server.parts.sightings.flush();
  for (const [n, device_id] of ids.entries()) await claim(n < 12 ? 'set' : 'update_fail', 1, { device_id });
  await server.database.db
    .updateTable('devices')
    .set({ offered_version: '1.0.0' })
    .where('app_id', '=', app_id)
    .execute();
  await guardRollouts(server.parts, new Date());
  expect((await channel()).rollout_pause_reason).toMatch(/^40\.00 % of 20 attempts failed/);
});

test('a network that fails is no fault of the bundle', async () => {
  await report('set', 12);
  await report('download_fail', 12);
  await report('download_manifest_file_fail', 12, { version_name: '1.1.0:a.js' });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
});

test('offers survive a restart', async () => {
  const ids = Array.from({ length: 12 }, newId);
  for (const device_id of ids) await post('/updates', aPhone({ device_id, version_name: '0.9.0' }));
  await server.parts.sightings.flush();
  const restarted = await startTestServer({ newDevicesPerHour: 0 }, server.database);
  try {
    for (const device_id of ids) {
      const payload = JSON.stringify(aPhone({ device_id, action: 'update_fail', version_name: '1.1.0' }));
      await restarted.app.inject({ method: 'POST', url: '/stats', payload });
    }
    await guardRollouts(restarted.parts, new Date());
    expect((await channel()).rollout_paused_at).not.toBeNull();
  } finally {
    await restarted.close();
  }
});
