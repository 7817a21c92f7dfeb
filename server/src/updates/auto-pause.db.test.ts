import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { guardRollouts } from './auto-pause.ts';

const app_id = 'com.example.guarded';
let server: TestServer;
let stable: number;
let target: number;

beforeAll(async () => {
  server = await startTestServer();
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
    rollout_percentage_bps: 5_000,
    auto_pause_enabled: true,
    auto_pause_failure_rate_bps: 1_000,
    auto_pause_min_attempts: 10,
  };
  await db
    .insertInto('channels')
    .values(channel as never)
    .execute();
});

const setChannel = (change: object) =>
  server.database.db.updateTable('channels').set(change).where('app_id', '=', app_id).execute();
const channel = () =>
  server.database.db.selectFrom('channels').selectAll().where('app_id', '=', app_id).executeTakeFirstOrThrow();

let devices = 0;

/** Reports through the door, as `count` phones. */
async function report(action: string, count: number, facts: object = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    const device_id = `00000000-0000-4000-8000-${String(devices++).padStart(12, '0')}`;
    const event = { app_id, device_id, action, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0' };
    const payload = JSON.stringify([{ ...event, version_os: '16', version_name: '1.1.0', ...facts }]);
    const answer = await server.app.inject({ method: 'POST', url: '/stats', payload });
    expect(answer.json()).toMatchObject({ results: [{ status: 'ok' }] });
  }
}

const guard = () => guardRollouts(server.parts, new Date());

test('a bundle that fails is paused, and devices get the stable one', async () => {
  await report('set', 6);
  await report('update_fail', 6);
  await guard();
  expect(await channel()).toMatchObject({ rollout_version: target, rollout_percentage_bps: 5_000 });
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
  for (let n = 0; n < 20; n++) await report('update_fail', 1, { device_id });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
});

test('failures of another bundle do not count', async () => {
  await report('update_fail', 12, { version_name: '1.0.0' });
  await guard();
  expect((await channel()).rollout_paused_at).toBeNull();
  expect((await channel()).auto_pause_last_checked_at).not.toBeNull();
});
