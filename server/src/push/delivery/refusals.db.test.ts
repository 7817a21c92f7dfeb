// Who is wrong when a service refuses: nobody is retired for what may be the owner's mistake, and the owner hears of it.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemActor } from '../../accounts/caller.ts';
import { type FakeApns, startFakeApns } from '../../testing/fake-apns.ts';
import { fcmError } from '../../testing/fake-fcm.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { resumeChannel, storeCredential } from '../owner/owner-changes.ts';
import { describePushApp } from '../owner/owner-view.ts';
import { runWalk } from './fanout.ts';
import { runRetry } from './retry.ts';

let world: PushWorld;
let app: TestApp;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(async () => world.close());
beforeEach(async () => {
  app = await world.createApp();
});

const web = { platform: 'web', notification: { web: { alert: 'x', title: 't', url: 'https://e.x/' } } };
const android = { platform: 'android', notification: { alert: 'x' } };
const ios = { platform: 'ios', notification: { alert: 'x' } };
const mismatch = fcmError(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH');

const db = () => world.server.database.db;
const room = () => world.server.parts.push;
const byOwner = () => ({ actor: systemActor, org_id: world.server.orgId });

/** One attempt at everything that is due. */
async function push(body: object, to: unknown = 'all'): Promise<number> {
  const { status, json } = await world.call(app, 'POST', '/v4/push', { to, body });
  expect({ status, json }).toMatchObject({ status: 200 });
  const msg_id = Number(json.msg_id);
  await runWalk(room(), { app_id: app.app_id, msg_id, first_shard: 0 });
  return msg_id;
}

async function statesOf(msg_id: number): Promise<string[]> {
  const rows = await db().selectFrom('push_deliveries').select('state').where('msg_id', '=', msg_id).execute();
  return rows.map((row) => row.state).sort();
}

async function countActive(): Promise<number> {
  const rows = await db()
    .selectFrom('push_devices')
    .select('id')
    .where('app_id', '=', app.app_id)
    .where('active', '=', true)
    .execute();
  return rows.length;
}

async function credential(channel: string) {
  const { credentials } = await describePushApp(db(), app.app_id);
  return credentials.find((each) => each.channel === channel);
}

const pausedServices = async (channel: string) =>
  (await credential(channel))?.services.filter(({ failure }) => failure !== null).map(({ service }) => service);

async function addPhones(name: string, count: number, answer = mismatch): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    world.fcm.answers.set(`${app.app_id}-${name}-${index}`, answer);
    await world.addPhone(app, 'android', `${app.app_id}-${name}-${index}`);
  }
}

test('an account of another project pauses its service, warns the owner, and retires nobody', async () => {
  await addPhones('other-project', 3);
  const browser = await world.addBrowser(app);
  const body = { platform: ['web', 'android'], notification: { alert: 'x', web: web.notification.web } };
  const msg_id = await push(body);
  expect(browser.received).toHaveLength(1);
  expect(await countActive()).toBe(4);
  expect(await statesOf(msg_id)).toEqual(['queued', 'queued', 'queued', 'sent']);
  const fcm = await credential('fcm');
  expect(fcm).toMatchObject({ failure: expect.stringContaining('SENDER_ID_MISMATCH'), paused_until: expect.any(Date) });
  expect(fcm?.services).toMatchObject([{ service: 'android', refused_devices: 3, accepted_at: null }]);
  const [warning] = await db()
    .selectFrom('audit_logs')
    .select(['operation', 'actor_type', 'new_record'])
    .where('table_name', '=', 'push_credentials')
    .where('record_id', '=', `${app.app_id}:fcm`)
    .execute();
  expect(warning).toMatchObject({
    operation: 'UPDATE',
    actor_type: 'system',
    new_record: { service: 'android', paused: true, refused_devices: 3 },
  });
  const asked = world.fcm.requests.length;
  await push(android);
  expect(world.fcm.requests.length).toBe(asked);
});

test('with another credential what waits goes out at once', async () => {
  await addPhones('waits', 2);
  const msg_id = await push(android);
  expect(await statesOf(msg_id)).toEqual(['queued', 'queued']);
  world.fcm.answers.clear();
  await storeCredential(room(), byOwner(), app.app_id, 'fcm', world.fcm.credential);
  await runRetry(room(), { app_id: app.app_id, msg_id });
  expect(await statesOf(msg_id)).toEqual(['sent', 'sent']);
  expect(await credential('fcm')).toMatchObject({ failure: null, services: [{ accepted_at: expect.any(Date) }] });
});

test('an owner ends a pause, and a service that refuses again is paused again', async () => {
  await addPhones('again', 2);
  const msg_id = await push(android);
  const first = (await credential('fcm'))?.paused_until?.getTime() ?? 0;
  expect(await resumeChannel(room(), byOwner(), app.app_id, 'fcm')).toBe(1);
  expect(await pausedServices('fcm')).toEqual([]);
  await runRetry(room(), { app_id: app.app_id, msg_id });
  expect(await pausedServices('fcm')).toEqual(['android']);
  expect((await credential('fcm'))?.paused_until?.getTime()).toBeGreaterThanOrEqual(first);
  expect(await countActive()).toBe(2);
});

test('an account that is refused outright pauses its whole channel, and no other', async () => {
  const refusal = { status: 403, body: { error: { code: 403, status: 'PERMISSION_DENIED', message: 'API is off' } } };
  await addPhones('outright', 1, refusal);
  const browser = await world.addBrowser(app);
  await push({ platform: ['web', 'android'], notification: { alert: 'x', web: web.notification.web } });
  expect([browser.received.length, await countActive(), await pausedServices('fcm')]).toEqual([1, 2, ['']]);
  const asked = world.fcm.requests.length;
  await push(android);
  expect(world.fcm.requests.length).toBe(asked);
});

test('among others that are accepted, a phone of another project is retired', async () => {
  await addPhones('foreign', 1);
  await world.addPhone(app, 'android', `${app.app_id}-own`);
  const msg_id = await push(android);
  expect(await statesOf(msg_id)).toEqual(['sent', 'target_invalid']);
  expect(await countActive()).toBe(1);
  expect(await pausedServices('fcm')).toEqual([]);
});

test('a phone of another project alone ends its delivery only, once the account is known to work', async () => {
  await world.addPhone(app, 'android', `${app.app_id}-own`);
  await push(android);
  world.fcm.answers.set(`${app.app_id}-strange`, mismatch);
  const strange = await world.addPhone(app, 'android', `${app.app_id}-strange`);
  const msg_id = await push(android, { registration_id: [strange] });
  expect(await statesOf(msg_id)).toEqual(['target_invalid']);
  expect([await countActive(), await pausedServices('fcm')]).toEqual([2, []]);
});

test('an account that worked and then refuses many alike is paused, and still nobody is retired', async () => {
  await world.addPhone(app, 'android', `${app.app_id}-own`);
  await push(android);
  await addPhones('moved', 25);
  world.fcm.answers.set(`${app.app_id}-own`, mismatch);
  await push(android);
  expect([await countActive(), await pausedServices('fcm')]).toEqual([26, ['android']]);
});

test('what is missing for iPhones at Firebase does not pause its Android phones', async () => {
  await world.addPhone(app, 'android', `${app.app_id}-own`);
  const iphone = await world.addPhone(app, 'ios', `${app.app_id}-iphone`);
  await db().updateTable('push_devices').set({ channel: 'fcm' }).where('registration_id', '=', iphone).execute();
  world.fcm.answers.set(`${app.app_id}-iphone`, fcmError(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'));
  const msg_id = await push({ platform: ['android', 'ios'], notification: { alert: 'x' } });
  expect(await statesOf(msg_id)).toEqual(['queued', 'sent']);
  expect(await pausedServices('fcm')).toEqual(['ios']);
});

const hex = (digit: string, index = 0) => `${digit.repeat(62)}${String(index).padStart(2, '0')}`;

test('tokens of another topic pause only that topic', async () => {
  for (let index = 0; index < 3; index += 1) {
    world.apns.answers.set(hex('a', index), { status: 400, reason: 'DeviceTokenNotForTopic' });
    await world.addPhone(app, 'ios', hex('a', index));
  }
  await push(ios);
  expect([await countActive(), await pausedServices('apns')]).toEqual([3, ['com.example.app']]);
});

test('a topic that a phone named itself pauses nobody', async () => {
  world.apns.answers.set(hex('b'), { status: 400, reason: 'TopicDisallowed' });
  const strange = await world.addPhone(app, 'ios', hex('b'));
  await db()
    .updateTable('push_devices')
    .set({ bundle_id: 'com.evil' })
    .where('registration_id', '=', strange)
    .execute();
  await world.addPhone(app, 'ios', hex('c'));
  const msg_id = await push(ios);
  expect(await statesOf(msg_id)).toEqual(['sent', 'target_invalid']);
  expect([await countActive(), await pausedServices('apns')]).toEqual([2, []]);
});

async function withSandbox(use: (sandbox: FakeApns) => Promise<void>): Promise<void> {
  const sandbox = await startFakeApns();
  try {
    const input = { ...world.apns.credential, sandbox_url: sandbox.credential.sandbox_url };
    await storeCredential(room(), byOwner(), app.app_id, 'apns', input);
    await use(sandbox);
  } finally {
    await sandbox.close();
  }
}

test('a token that one host of Apple does not know is taken to the other, first from then on', async () => {
  await withSandbox(async (sandbox) => {
    const token = hex('d');
    world.apns.answers.set(token, { status: 400, reason: 'BadDeviceToken' });
    await world.addPhone(app, 'ios', token);
    const asked = () =>
      [world.apns, sandbox].map(({ requests }) => requests.filter((each) => each.token === token).length);
    expect(await statesOf(await push(ios))).toEqual(['sent']);
    expect(asked()).toEqual([1, 1]);
    expect(await statesOf(await push(ios))).toEqual(['sent']);
    expect(asked()).toEqual([1, 2]);
    // A new token may be of the first host again.
    await world.addPhone(app, 'ios', token);
    await push(ios);
    expect(asked()).toEqual([2, 3]);
  });
});

test('a token that both hosts of Apple refuse among others is retired', async () => {
  await withSandbox(async (sandbox) => {
    for (const { answers } of [world.apns, sandbox]) answers.set(hex('e'), { status: 400, reason: 'BadDeviceToken' });
    await world.addPhone(app, 'ios', hex('e'));
    await world.addPhone(app, 'ios', hex('f'));
    expect(await statesOf(await push(ios))).toEqual(['sent', 'target_invalid']);
    expect(await countActive()).toBe(1);
  });
});

const foreignKey = {
  status: 403,
  body: 'the VAPID credentials do not correspond to the credentials of the subscription',
};

test('a browser with a foreign key waits alone, and goes when others of its service are accepted', async () => {
  const stranger = await world.addBrowser(app);
  stranger.answer = foreignKey;
  expect(await statesOf(await push(web))).toEqual(['queued']);
  expect([await countActive(), await pausedServices('webpush')]).toEqual([1, []]);
  const own = await world.addBrowser(app);
  expect(await statesOf(await push(web))).toEqual(['sent', 'target_invalid']);
  expect([own.received.length, await countActive()]).toEqual([1, 1]);
});

test('several browsers that are refused alike pause their service, and retire nobody', async () => {
  for (let index = 0; index < 3; index += 1) (await world.addBrowser(app)).answer = foreignKey;
  expect(await statesOf(await push(web))).toEqual(['queued', 'queued', 'queued']);
  expect([await countActive(), await pausedServices('webpush')]).toEqual([3, [new URL(world.service.origin).host]]);
});

test('a subscription of the key before waits for its return instead of being retired', async () => {
  const browser = await world.addBrowser(app);
  await db().updateTable('push_devices').set({ vapid_key: 'another' }).where('app_id', '=', app.app_id).execute();
  expect(await statesOf(await push(web))).toEqual(['target_invalid']);
  expect([browser.received.length, await countActive()]).toEqual([0, 1]);
});
