import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Metrics } from '../../metrics.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { listTargets } from '../audience/targets.ts';
import { resumePush } from '../jobs.ts';
import { notifyRelease } from '../message/notify-release.ts';
import { findStoredMessage } from '../message/stored-message.ts';
import { openPush } from '../room.ts';
import { Deliverer } from './deliver.ts';
import { runWalk } from './fanout.ts';
import { recordBatch } from './record.ts';
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
afterEach(() => expect(world.service.violations).toEqual([]));

const web = { platform: 'web', notification: { web: { alert: 'x', title: 't', url: 'https://e.x/' } } };
const android = { platform: 'android', notification: { alert: 'x' } };

async function push(to: unknown, body: object): Promise<string> {
  const { status, json } = await world.call(app, 'POST', '/v4/push', { to, body });
  expect({ status, json }).toMatchObject({ status: 200 });
  return json.msg_id;
}

const db = () => world.server.database.db;
const numbers = async (msg_id: string) =>
  (await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`)).json[msg_id];

async function addBrowsers(count: number) {
  const browsers = [];
  for (let index = 0; index < count; index += 1) browsers.push(await world.addBrowser(app));
  return browsers;
}

test('two processes on the same walk record nothing twice', async () => {
  await addBrowsers(3);
  const msg_id = await push('all', web);
  const job = { app_id: app.app_id, msg_id: Number(msg_id), first_shard: 0 };
  const { config, push: room, jobs } = world.server.parts;
  const { publicUrl, secret } = config;
  const other = openPush({
    db: room.db,
    jobs,
    vault: room.vault,
    secret,
    publicUrl,
    reportPath: '/reports',
    allowPrivate: true,
    readRequest: room.readRequest,
    warn: () => undefined,
    metrics: new Metrics(),
  });
  await Promise.all([runWalk(room, job), runWalk(other, job)]);
  await other.close();
  expect(await numbers(msg_id)).toMatchObject({ targets: 3, sent: 3 });
});

test('the cursor of a killed process is where the next one goes on', async () => {
  const browsers = await addBrowsers(4);
  const msg_id = await push('all', web);
  const [second] = await db()
    .selectFrom('push_devices')
    .select(['id', 'shard'])
    .where('app_id', '=', app.app_id)
    .orderBy('shard')
    .orderBy('id')
    .offset(1)
    .limit(1)
    .execute();
  // As if the process had died after the batch that ended with the second device.
  await db()
    .updateTable('push_walks')
    .set({ cursor_shard: second?.shard ?? 0, cursor_id: second?.id ?? 0, batches: 1 })
    .where('msg_id', '=', Number(msg_id))
    .execute();
  await resumePush(world.server.parts.push, true);
  await world.settle(msg_id);
  expect(browsers.reduce((sum, browser) => sum + browser.received.length, 0)).toBe(2);
});

test('a message that is withdrawn between two batches is not sent any further', async () => {
  const browsers = await addBrowsers(2);
  const msg_id = await push('all', web);
  expect((await world.call(app, 'DELETE', `/v4/push/withdraw/${msg_id}`)).status).toBe(200);
  await runWalk(world.server.parts.push, { app_id: app.app_id, msg_id: Number(msg_id), first_shard: 0 });
  expect(browsers.flatMap((browser) => browser.received)).toEqual([]);
});

test('Android phones that have a withdrawn message are asked to remove it, and only those it was for', async () => {
  const [reached] = [
    await world.addPhone(app, 'android', 'token-withdraw-1'),
    await world.addPhone(app, 'android', 'token-withdraw-2'),
  ];
  const msg_id = await push({ registration_id: [reached] }, android);
  await world.settle(msg_id);
  expect((await world.call(app, 'DELETE', `/v4/push/withdraw/${msg_id}`)).status).toBe(200);
  const last = await db()
    .selectFrom('push_messages')
    .select('msg_id')
    .where('app_id', '=', app.app_id)
    .orderBy('msg_id', 'desc')
    .executeTakeFirst();
  await world.settle(last?.msg_id ?? 0);
  const asked = world.fcm.requests.filter(
    ({ message }) => (message.data as Record<string, string>)._action === 'withdraw',
  );
  expect(asked.map(({ message }) => message.token)).toEqual(['token-withdraw-1']);
  expect(asked[0]?.message.data).toMatchObject({ withdrawn_msg_id: msg_id });
});

test('a token that the server cannot read any more fails, and its device is not taken for dead', async () => {
  const phone = await world.addPhone(app, 'android', 'token-unreadable');
  const other = await world.addBrowser(app);
  await db().updateTable('push_devices').set({ sealed: 's1.AAAA' }).where('app_id', '=', app.app_id).execute();
  const body = { platform: ['web', 'android'], notification: { alert: 'x', web: web.notification.web } };
  const msg_id = await push('all', body);
  await world.settle(msg_id);
  const rows = await db().selectFrom('push_deliveries').select('state').where('msg_id', '=', Number(msg_id)).execute();
  expect(rows.map((row) => row.state)).toEqual(['sent_failed', 'sent_failed']);
  for (const id of [phone, other.registration_id]) {
    const device = await db()
      .selectFrom('push_devices')
      .select('active')
      .where('registration_id', '=', id)
      .executeTakeFirst();
    expect(device?.active).toBe(true);
  }
});

test('a message that cannot be built any more fails with its reason, and blames no device', async () => {
  const set = (default_url: string | null) =>
    db().updateTable('push_apps').set({ default_url }).where('app_id', '=', app.app_id).execute();
  await set('https://example.com/');
  const browser = await world.addBrowser(app);
  const msg_id = await push('all', { platform: 'web', notification: { web: { alert: 'x', title: 't' } } });
  const room = world.server.parts.push;
  const stored = await findStoredMessage(room, app.app_id, Number(msg_id));
  if (!stored) throw new Error('The message is not stored');
  const targets = await listTargets(room.db, stored.selection, { shard: 0, id: 0 }, 15, 10);
  const lost = { ...stored, app: { ...stored.app, default_url: null } };
  const deliverer = new Deliverer(room, lost);
  const deliveries = targets.map((target) => ({ target, kind: 'notification', attempts: 0, fresh: true }) as const);
  const results = await deliverer.send(deliverer.prepare(deliveries));
  expect(results).toMatchObject([
    { attempt: { class: 'unbuilt', reason: expect.stringContaining('the app has no default URL') } },
  ]);
  expect(browser.received).toEqual([]);
  await room.db.transaction().execute((trx) => recordBatch(trx, lost, results, new Date()));
  const path = `/v4/status/message?message_id=${msg_id}&registration_ids=${browser.registration_id}`;
  const { json } = await world.call(app, 'GET', path);
  expect(json[browser.registration_id]).toMatchObject({ status: 'sent_failed' });
  const device = db()
    .selectFrom('push_devices')
    .select('active')
    .where('registration_id', '=', browser.registration_id);
  expect(await device.executeTakeFirst()).toEqual({ active: true });
});

test('a message that an older server queued goes out as it was meant', async () => {
  const token = 'd4'.repeat(32);
  await world.addPhone(app, 'ios', token);
  const msg_id = await push('all', { platform: 'ios', notification: { alert: 'replaced' } });
  // Rows as they were before their form was numbered.
  const message = `{"platforms":["ios"],"named":true,"notification":{"alert":"from before"},"options":{"ttl_seconds":86400,
    "apns_production":true,"apns_collapse_id":"score","languages":{},"web_buttons":[],"urgent":false,
    "auto_truncation":false,"distributions":[]}}`;
  await db()
    .updateTable('push_messages')
    .set({ message, audience: '{"audience":{"all":true}}' })
    .where('msg_id', '=', Number(msg_id))
    .execute();
  await world.settle(msg_id);
  const received = world.apns.requests.filter((request) => request.token === token);
  expect(received).toMatchObject([
    { headers: { 'apns-collapse-id': 'score' }, payload: { aps: { alert: 'from before' } } },
  ]);
});

/** As if all of this message had been due long ago, or its time to live over. */
const age = async (msg_id: string, expired: boolean) => {
  const past = new Date(Date.now() - 60_000);
  await db().updateTable('push_deliveries').set({ next_at: past }).where('msg_id', '=', Number(msg_id)).execute();
  if (!expired) return;
  await db().updateTable('push_messages').set({ expires_at: past }).where('msg_id', '=', Number(msg_id)).execute();
};

test('an unreachable push service is tried again, each time later, until the time to live ends', async () => {
  const browser = await world.addBrowser(app);
  browser.answer = { status: 503 };
  const msg_id = await push('all', web);
  const job = { app_id: app.app_id, msg_id: Number(msg_id) };
  const waited = async () => {
    const { next_at, attempts } = await db()
      .selectFrom('push_deliveries')
      .select(['next_at', 'attempts'])
      .where('msg_id', '=', Number(msg_id))
      .executeTakeFirstOrThrow();
    return { attempts, seconds: ((next_at?.getTime() ?? 0) - (browser.received.at(-1)?.receivedAtMs ?? 0)) / 1000 };
  };
  await runWalk(world.server.parts.push, { ...job, first_shard: 0 });
  // Chance and a busy machine only make it later.
  for (const [index, least] of [5, 10, 20, 40, 80].entries()) {
    const { attempts, seconds } = await waited();
    expect(attempts).toBe(index + 1);
    expect(seconds).toBeGreaterThanOrEqual(least);
    await age(msg_id, false);
    await runRetry(world.server.parts.push, job);
  }
  await age(msg_id, true);
  await runRetry(world.server.parts.push, job);
  const path = `/v4/status/message?message_id=${msg_id}&registration_ids=${browser.registration_id}`;
  const { json } = await world.call(app, 'GET', path);
  expect(json[browser.registration_id]).toMatchObject({ status: 'delivered_failed' });
  expect(browser.received).toHaveLength(6);
  const reasons = await db().selectFrom('push_failures').selectAll().where('msg_id', '=', Number(msg_id)).execute();
  expect(reasons).toMatchObject([{ platform: 'web', count: 1 }]);
});

test('a device that registered again while its message was on its way is not retired', async () => {
  const [before, gone] = [await world.addBrowser(app), await world.addBrowser(app)];
  const msg_id = await push('all', web);
  const room = world.server.parts.push;
  const stored = await findStoredMessage(room, app.app_id, Number(msg_id));
  if (!stored) throw new Error('The message is not stored');
  const targets = await listTargets(room.db, stored.selection, { shard: 0, id: 0 }, 15, 10);
  const later = new Date(Date.now() + 1_000);
  await db()
    .updateTable('push_devices')
    .set({ registered_at: later })
    .where('registration_id', '=', before.registration_id)
    .execute();
  const attempt = { class: 'gone', code: 410, reason: 'HTTP 410' } as const;
  const results = targets.map((target) => ({
    delivery: { target, kind: 'notification', attempts: 0, fresh: true } as const,
    attempt,
  }));
  await room.db.transaction().execute((trx) => recordBatch(trx, stored, results, new Date()));
  const rows = await db()
    .selectFrom('push_devices')
    .select(['registration_id', 'active'])
    .where('app_id', '=', app.app_id)
    .execute();
  const active = Object.fromEntries(rows.map((row) => [row.registration_id, row.active]));
  expect(active).toEqual({ [before.registration_id]: true, [gone.registration_id]: false });
});

test('a slow push spreads its deliveries over its duration', async () => {
  await addBrowsers(20);
  const msg_id = await push('all', { ...web, options: { big_push_duration: 10 } });
  await runWalk(world.server.parts.push, { app_id: app.app_id, msg_id: Number(msg_id), first_shard: 0 });
  const rows = await db()
    .selectFrom('push_deliveries')
    .select('next_at')
    .where('msg_id', '=', Number(msg_id))
    .execute();
  const minutes = rows.map((row) => ((row.next_at?.getTime() ?? 0) - Date.now()) / 60_000);
  expect(Math.max(...minutes)).toBeLessThanOrEqual(10);
  expect(new Set(minutes.map((minute) => Math.floor(minute))).size).toBeGreaterThan(3);
});

test('each device gets its own language', async () => {
  const german = await world.addBrowser(app, { language: 'de-CH' });
  const other = await world.addBrowser(app, { language: 'fr' });
  const multi_language = { de: { content: 'Hallo', title: 'Gruss' } };
  const msg_id = await push('all', { ...web, options: { multi_language } });
  await world.settle(msg_id);
  expect(JSON.parse(german.received[0]?.text ?? '')).toMatchObject({ title: 'Gruss', body: 'Hallo' });
  expect(JSON.parse(other.received[0]?.text ?? '')).toMatchObject({ title: 't', body: 'x' });
});

const openChannel = ({ app_id }: TestApp, name: string) =>
  db()
    .insertInto('channels')
    .values({ app_id, owner_org: world.server.orgId, name, allow_device_self_set: true })
    .execute();

async function addPhoneSeen(device_id: string, version_name: string, default_channel: string) {
  const registration_id = await world.addPhone(app, 'android', `token-of-${device_id}`);
  await db().updateTable('push_devices').set({ device_id }).where('registration_id', '=', registration_id).execute();
  await db()
    .insertInto('devices')
    .values({
      app_id: app.app_id,
      device_id,
      platform: 'android',
      plugin_version: '8.0.0',
      version_build: '1.0.0',
      version_name,
      custom_id: '',
      is_prod: true,
      is_emulator: false,
      default_channel,
    } as never)
    .execute();
  return registration_id;
}

/** The phones to which a push to these facts went. */
async function reached(live_update: object): Promise<string[]> {
  const msg_id = await push({ live_update }, android);
  await world.settle(msg_id);
  const sent = db().selectFrom('push_deliveries').select('registration_id').where('msg_id', '=', Number(msg_id));
  return (await sent.execute()).map((row) => row.registration_id).toSorted();
}

test('an audience by live-update facts: the bundle a phone runs, the channel it is on', async () => {
  await openChannel(app, 'beta');
  const [old, , beta] = [
    await addPhoneSeen(`${app.app_id}-1`, '1.0.0', ''),
    await addPhoneSeen(`${app.app_id}-2`, '2.0.0', ''),
    await addPhoneSeen(`${app.app_id}-3`, '2.0.0', 'beta'),
  ];
  expect(await reached({ bundle_not: ['2.0.0'] })).toEqual([old]);
  expect(await reached({ channel: ['beta'], seen_within_days: 1 })).toEqual([beta]);
});

test('an audience by what phones run, beside what they were offered', async () => {
  const ids = ['5', '6', '7'].map((name) => `${app.app_id}-${name}`);
  const [waiting, runs, silent] = [
    await addPhoneSeen(ids[0]!, '2.0.0', ''),
    await addPhoneSeen(ids[1]!, '2.0.0', ''),
    await addPhoneSeen(ids[2]!, '2.0.0', ''),
  ];
  for (const [device_id, running_version] of [
    [ids[0]!, 'builtin'],
    [ids[1]!, '2.0.0'],
  ] as const) {
    await db().updateTable('devices').set({ running_version }).where('device_id', '=', device_id).execute();
  }
  expect(await reached({ bundle: ['2.0.0'] })).toEqual([waiting, runs, silent].toSorted());
  expect(await reached({ bundle: ['2.0.0'], running: ['builtin'] })).toEqual([waiting]);
  expect(await reached({ running: ['2.0.0'] })).toEqual([runs]);
  expect(await reached({ running_not: ['2.0.0'] })).toEqual([waiting, silent].toSorted());
});

test('a release is told silently to the phones of its channel', async () => {
  await openChannel(app, 'production');
  const phone = await addPhoneSeen(`${app.app_id}-4`, '1.0.0', 'production');
  const notice = { app_id: app.app_id, channel: 'production', bundle: '2.0.0' };
  const result = await notifyRelease(world.server.parts.push, notice);
  expect(result).toMatchObject({ sent: true });
  await world.settle(result.sent ? result.msg_id : '');
  const message = world.fcm.requests.at(-1)?.message;
  expect(message).toMatchObject({ data: { _action: 'check_update', channel: 'production', bundle: '2.0.0' } });
  expect(message?.notification).toBeUndefined();
  expect(phone).toMatch(/^[0-9a-f]{19}$/);
  expect(await notifyRelease(world.server.parts.push, { ...notice, channel: 'nobody' })).toMatchObject({ sent: false });
});
