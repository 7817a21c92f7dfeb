import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queues } from '../../queues.ts';
import { moveRamps } from '../../rollouts/move-ramps.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { rolloutBucketOf } from '../../updates/rollout.ts';

let world: PushWorld;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(async () => world.close());

/** As an owner; `notified` of the answer. */
async function manage(method: 'POST' | 'PUT', url: string, payload: object) {
  const headers = { authorization: world.server.adminKey };
  const answer = await world.server.app.inject({ method, url, headers, payload });
  expect([url, answer.statusCode, answer.body]).toEqual([url, expect.toSatisfy((code) => code < 300), answer.body]);
  return answer.json();
}

/** An app with a default channel that serves 1.0.0, and an Android phone that follows it. */
async function releasedApp(channels?: readonly ('webpush' | 'fcm' | 'apns')[]) {
  const app = await world.createApp(channels);
  const { db } = world.server.database;
  const { app_id } = app;
  for (const version of ['1.0.0', '2.0.0']) {
    const external_url = `https://example.com/${version}.zip`;
    await manage('POST', '/bundle', { app_id, version, external_url, checksum: 'a'.repeat(64) });
  }
  await manage('POST', '/channel', { app_id, channel: 'production', public: true, version: '1.0.0' });
  const device_id = '5b3f1c1e-6a7d-4a53-9d0f-3f0d1a2b3c4d';
  const phone = { app_id, device_id, platform: 'android', plugin_version: '8.0.0', version_build: '1.0.0' };
  const state = { os_version: '14', version_name: 'builtin', custom_id: '', is_prod: true, is_emulator: false };
  await db
    .insertInto('devices')
    .values({ ...phone, ...state })
    .execute();
  const token = `token-of-${app_id}`;
  await world.addPhone(app, 'android', token);
  await db.updateTable('push_devices').set({ device_id }).where('app_id', '=', app_id).execute();
  return { ...app, token };
}

const save = ({ app_id }: TestApp, settings: object) =>
  manage('POST', '/channel', { app_id, channel: 'production', notifyDevices: true, ...settings });

const nameChannel = ({ app_id }: TestApp, default_channel: string) =>
  world.server.database.db.updateTable('devices').set({ default_channel }).where('app_id', '=', app_id).execute();

async function dataOf(token: string, { notified }: { notified: { msg_id: string } }) {
  await world.settle(notified.msg_id);
  return world.fcm.requests.filter(({ message }) => message.token === token).at(-1)?.message;
}

describe('a release that notifies', () => {
  test('wakes the phones of the channel by data alone', async () => {
    const app = await releasedApp();
    const message = await dataOf(app.token, await save(app, { version: '2.0.0' }));
    expect(message).toMatchObject({ data: { _action: 'check_update', channel: 'production', bundle: '2.0.0' } });
    expect(message).not.toHaveProperty('notification');
    expect(message).not.toHaveProperty('android.notification');
  });

  test('names the bundle of a rollout while it runs', async () => {
    const app = await releasedApp();
    const rollout = { rolloutVersion: '2.0.0', rolloutPercentageBps: 500, rolloutEnabled: true };
    expect(await dataOf(app.token, await save(app, rollout))).toMatchObject({ data: { bundle: '2.0.0' } });
    expect(await dataOf(app.token, await save(app, { rolloutPaused: true }))).toMatchObject({
      data: { bundle: '1.0.0' },
    });
  });

  test('leaves the phones of other channels alone', async () => {
    const app = await releasedApp();
    await manage('POST', '/channel', { app_id: app.app_id, channel: 'beta', version: '2.0.0' });
    expect(await save(app, { channel: 'beta' })).toMatchObject({
      status: 'ok',
      notified: { sent: false, reason: 'no phone of channel beta is registered for push' },
    });
  });

  test('reaches a phone that names the default channel of before', async () => {
    const app = await releasedApp();
    await nameChannel(app, 'production');
    const stable = { channel: 'stable', public: true, version: '2.0.0' };
    expect(await dataOf(app.token, await save(app, stable))).toMatchObject({
      data: { channel: 'stable', bundle: '2.0.0' },
    });
  });

  test('leaves a phone alone that names a channel which is closed to it', async () => {
    const app = await releasedApp();
    await nameChannel(app, 'beta');
    const beta = { channel: 'beta', version: '2.0.0' };
    const reason = 'no phone of channel beta is registered for push';
    expect(await save(app, beta)).toMatchObject({ notified: { sent: false, reason } });
    expect(await save(app, { ...beta, allow_device_self_set: true })).toMatchObject({ notified: { sent: true } });
  });

  test('says so where the channel serves no bundle', async () => {
    const app = await releasedApp();
    const reason = 'channel production serves no bundle';
    expect(await save(app, { version: null })).toMatchObject({ status: 'ok', notified: { sent: false, reason } });
  });

  test('says why nobody was told, and stands all the same', async () => {
    const app = await releasedApp(['webpush']);
    const reason = 'the app has no account at FCM or APNs';
    expect(await save(app, { version: '2.0.0' })).toMatchObject({ status: 'ok', notified: { sent: false, reason } });
    await manage('PUT', '/push/app', { app_id: app.app_id, enabled: false });
    expect(await save(app, { version: '1.0.0' })).toMatchObject({
      status: 'ok',
      notified: { sent: false, reason: 'push is switched off for the app' },
    });
  });
});

describe('a plan with notify: step', () => {
  const PHONES = 40;

  /** As `releasedApp`, with more phones: their device ids by token. */
  async function releasedAppWithPhones() {
    const app = await releasedApp();
    const { app_id } = app;
    const { db } = world.server.database;
    const [phone] = await db.selectFrom('devices').selectAll().where('app_id', '=', app_id).execute();
    const ids = Array.from({ length: PHONES }, (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`);
    await db
      .insertInto('devices')
      .values(ids.map((device_id) => ({ ...phone!, device_id })))
      .execute();
    const tokens = new Map<string, string>([[app.token, phone!.device_id]]);
    for (const device_id of ids) {
      const token = `${device_id} of ${app_id}`;
      const registration_id = await world.addPhone(app, 'android', token);
      await db.updateTable('push_devices').set({ device_id }).where('registration_id', '=', registration_id).execute();
      tokens.set(token, device_id);
    }
    return { ...app, tokens };
  }

  const release = async ({ app_id }: TestApp) => (await read(`/release?app_id=${app_id}`)).data[0];
  const channelOf = ({ app_id }: TestApp) => read(`/channel?app_id=${app_id}&channel=production`);
  async function read(url: string) {
    return (await world.server.app.inject({ url, headers: { authorization: world.server.adminKey } })).json();
  }

  test('wakes the devices that each step adds, each once, and no others', async () => {
    const app = await releasedAppWithPhones();
    const { app_id } = app;
    const woken = async (msg_id: string) => {
      await world.settle(msg_id);
      const asked = world.fcm.requests.flatMap(({ message }) => app.tokens.get(message.token) ?? []);
      world.fcm.requests.length = 0;
      return asked.sort();
    };
    const inside = (rollout_id: string, from: number, to: number) =>
      [...app.tokens.values()]
        .filter((id) => rolloutBucketOf(rollout_id, id) >= from * 100 && rolloutBucketOf(rollout_id, id) < to * 100)
        .sort();
    const plan = { steps: [{ share: 30 }, { share: 60 }, { share: 100 }], notify: 'step' };
    const started = await manage('POST', '/release', { app_id, channel: 'production', version: '2.0.0', plan });
    expect(started.plan.notified).toMatchObject({ sent: true, msg_id: expect.any(String) });
    const { rollout_id } = await channelOf(app);
    expect(await woken(started.plan.notified.msg_id)).toEqual(inside(rollout_id, 0, 30));
    const { parts } = world.server;
    const ramps = queues(parts).find(({ name }) => name === 'release-ramps')!;
    await moveRamps(parts, new Date(Date.now() + 1000));
    expect((await release(app)).plan).toMatchObject({ step: 1 });
    await ramps.run({} as never, new AbortController().signal);
    const second = (await release(app)).plan.notified;
    expect(second.msg_id).not.toBe(started.plan.notified.msg_id);
    expect(await woken(second.msg_id)).toEqual(inside(rollout_id, 30, 60));
    const finished = await manage('POST', '/release/plan', { app_id, release_id: started.id, action: 'finish' });
    expect(await woken(finished.plan.notified.msg_id)).toEqual(inside(rollout_id, 60, 100));
    expect([...inside(rollout_id, 0, 100)]).toHaveLength(PHONES + 1);
  });

  test('says why nobody was woken, and takes its steps all the same', async () => {
    const app = await releasedApp(['webpush']);
    const plan = { steps: [{ share: 30 }, { share: 100 }], notify: 'step' };
    const body = { app_id: app.app_id, channel: 'production', version: '2.0.0', plan };
    expect(await manage('POST', '/release', body)).toMatchObject({
      plan: { step: 0, notified: { sent: false, reason: 'the app has no account at FCM or APNs' } },
    });
  });
});
