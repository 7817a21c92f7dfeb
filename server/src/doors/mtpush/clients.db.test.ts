import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPushApp, type PushApp } from '../../push/owner/apps.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { report } from './conformance/row.ts';
import { getBrowserTransport, parseWebRegistration } from './dialect/registration.ts';

let world: PushWorld;
let app: TestApp;
let address = 0;
let vapid_key: string;
beforeAll(async () => {
  world = await startPushWorld();
  app = await world.createApp();
  vapid_key = (await world.call(undefined, 'GET', `/v4/web/config?app_key=${app.app_key}`)).json.vapid_public_key;
});
afterAll(async () => world.close());

/** Each call from an address of its own: registrations are limited per address. */
function post(url: string, body: object, headers: Record<string, string> = {}) {
  address += 1;
  return world.call(
    undefined,
    'POST',
    url,
    { app_key: app.app_key, ...(url === '/v4/web/register' && { vapid_key }), ...body },
    { headers, remoteAddress: `10.0.0.${address}` },
  );
}

/** Of the stand-in: whatever a test sends reaches no foreign host. */
const subscription = () => world.service.subscribe().subscription;
const withEndpoint = (endpoint: (own: URL) => string) => () => {
  const own = subscription();
  return { ...own, endpoint: endpoint(new URL(own.endpoint)) };
};
const withKeys = (keys: { p256dh?: Buffer; auth?: Buffer }) => () => {
  const own = subscription();
  const changed = Object.entries(keys).map(([name, bytes]) => [name, bytes.toString('base64url')]);
  return { ...own, keys: { ...own.keys, ...Object.fromEntries(changed) } };
};

test('the same endpoint is the same registration, and only its secret is renewed', async () => {
  const sub = subscription();
  const first = await post('/v4/web/register', { subscription: sub });
  const second = await post('/v4/web/register', { subscription: sub });
  expect(second.json.registration_id).toBe(first.json.registration_id);
  expect(second.json.device_secret).not.toBe(first.json.device_secret);
  const { registration_id, device_secret } = second.json;
  const known = await post('/v4/web/register', { subscription: sub, registration_id, device_secret });
  expect(known.json).toMatchObject({ registration_id, device_secret });
});

test('a new endpoint with the old proof moves the registration, without it is a new one', async () => {
  const { json } = await post('/v4/web/register', { subscription: subscription(), tags: ['a'], alias: 'ann' });
  const { registration_id, device_secret } = json;
  const moved = await post('/v4/web/register', { subscription: subscription(), registration_id, device_secret });
  expect(moved.json.registration_id).toBe(registration_id);
  const me = await post('/v4/web/me', { registration_id, device_secret });
  expect(me.json).toEqual({ tags: ['a'], alias: 'ann' });
  const stranger = await post('/v4/web/register', {
    subscription: subscription(),
    registration_id,
    device_secret: 'guess',
  });
  expect(stranger.json.registration_id).not.toBe(registration_id);
});

const refusals: readonly [string, () => object][] = [
  ['an http endpoint', withEndpoint(({ host, pathname }) => `http://${host}${pathname}`)],
  ['a host that is no push service', withEndpoint(() => 'https://push.invalid/x')],
  ['a host that only ends like one', withEndpoint(() => 'https://evil-push.apple.com.invalid/x')],
  ['an address', withEndpoint(({ port }) => `https://[::1]:${port}/x`)],
  ['credentials in the endpoint', withEndpoint(({ host, pathname }) => `https://a:b@${host}${pathname}`)],
  ['a key of 64 bytes', withKeys({ p256dh: randomBytes(64) })],
  ['a key that is no point', withKeys({ p256dh: Buffer.alloc(65, 4) })],
  ['a short auth', withKeys({ auth: randomBytes(3) })],
];
test.each(refusals)('a subscription with %s is refused', async (_what, refused) => {
  expect(await post('/v4/web/register', { subscription: refused() })).toMatchObject({
    status: 400,
    json: { error: { code: 21003 } },
  });
});

const known = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  'web.push.apple.com',
  'db5p.notify.windows.com',
];
test.each(known)("the browsers' own service %s needs no mention by the owner", async (host) => {
  const { push } = world.server.parts;
  const record = await findPushApp(push.db, app.app_id);
  const input = { subscription: withEndpoint(() => `https://${host}/x`)(), vapid_key };
  // Read, and not stored: nobody can send there.
  const browsers = await getBrowserTransport(push, record as PushApp);
  const credential = { ...(browsers.credential as object), hosts: [] };
  const { address } = parseWebRegistration(push, { ...browsers, credential }, input, '');
  expect(address.identity).toBe(`https://${host}/x`);
});

test('endpoints, keys and secrets are sealed in the database', async () => {
  const sub = subscription();
  const { json } = await post('/v4/web/register', { subscription: sub });
  const row = await world.server.database.db
    .selectFrom('push_devices')
    .selectAll()
    .where('registration_id', '=', json.registration_id)
    .executeTakeFirst();
  const stored = JSON.stringify(row);
  for (const secret of [sub.endpoint, sub.keys.p256dh, sub.keys.auth, json.device_secret])
    expect(stored).not.toContain(secret);
});

test('a foreign origin is refused, the own and the phones may read', async () => {
  const sub = subscription();
  const foreign = await post('/v4/web/register', { subscription: sub }, { origin: 'https://evil.example' });
  expect(foreign.status).toBe(400);
  for (const origin of ['http://updates.test', 'capacitor://localhost']) {
    const own = await post('/v4/web/register', { subscription: sub }, { origin });
    expect(own).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } });
  }
});

test('an address may register ten times a minute', async () => {
  const statuses = [];
  for (let count = 0; count < 11; count += 1) {
    const body = { app_key: app.app_key, vapid_key, subscription: subscription() };
    const answer = await world.call(undefined, 'POST', '/v4/web/register', body, { remoteAddress: '10.1.1.1' });
    statuses.push(answer.json.error?.code ?? answer.status);
  }
  expect(statuses).toEqual([...Array(10).fill(200), 23008]);
});

test('only a signed report of a target counts, and only once', async () => {
  const [browser, other] = [await world.addBrowser(app), await world.addBrowser(app)];
  const body = { platform: 'web', notification: { web: { alert: 'x', url: 'https://e.x/' } } };
  const to = { registration_id: [browser.registration_id] };
  const { msg_id } = (await world.call(app, 'POST', '/v4/push', { to, body })).json;
  await world.settle(msg_id);
  const forged = { ...browser, device_secret: 'guess' };
  expect((await report(world, app, forged, msg_id, ['clicked'])).status).toBe(401);
  expect((await report(world, app, other, msg_id, ['clicked'])).status).toBe(200);
  await report(world, app, browser, msg_id, ['clicked']);
  await report(world, app, browser, msg_id, ['clicked', 'displayed']);
  const { json } = await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`);
  expect(json[msg_id]).toMatchObject({ targets: 1, delivered: 1, impressions: 1, clicks: 1 });
});

test('an iPhone adds VoIP and live-activity tokens, and each payload goes to its own', async () => {
  const token = 'a1'.repeat(32);
  const { json } = await post('/v4/app/register', { platform: 'ios', channel: 'apns', token, apns_production: true });
  const { registration_id, device_secret } = json;
  const voip = { channel: 'apns-voip', token: 'b2'.repeat(32), registration_id, device_secret };
  expect((await post('/v4/app/register', voip)).status).toBe(200);
  const activity = { live_activity_id: 'match-1', token: 'c3'.repeat(32), registration_id, device_secret };
  expect((await post('/v4/app/live_activity', activity)).status).toBe(200);
  const send = async (to: unknown, payload: object) => {
    const { json } = await world.call(app, 'POST', '/v4/push', { to, body: { platform: 'ios', ...payload } });
    await world.settle(json.msg_id);
    return world.apns.requests.at(-1);
  };
  expect(await send({ registration_id: [registration_id] }, { voip: { call: 7 } })).toMatchObject({
    token: voip.token,
    headers: { 'apns-topic': 'com.example.app.voip', 'apns-push-type': 'voip', 'apns-expiration': '0' },
    payload: { call: 7 },
  });
  const live_activity = { ios: { event: 'update', 'content-state': { goals: 1 }, 'apns-priority': 5 } };
  expect(await send({ live_activity_id: 'match-1' }, { live_activity })).toMatchObject({
    token: activity.token,
    headers: { 'apns-topic': 'com.example.app.push-type.liveactivity', 'apns-priority': '5' },
    payload: { aps: { event: 'update', 'content-state': { goals: 1 } } },
  });
});

test('a connection that Apple ends is replaced without losing a push', async () => {
  const lone = await world.createApp(['apns']);
  for (let phone = 0; phone < 10; phone += 1) await world.addPhone(lone, 'ios', `${'9'.repeat(63)}${phone}`);
  const body = { to: 'all', body: { platform: 'ios', notification: { alert: 'x' } } };
  for (let round = 0; round < 2; round += 1) {
    const { msg_id } = (await world.call(lone, 'POST', '/v4/push', body)).json;
    await world.settle(msg_id);
    const { json } = await world.call(lone, 'GET', `/v4/status/detail?message_ids=${msg_id}`);
    expect(json[msg_id]).toMatchObject({ targets: 10, sent: 10 });
    world.apns.goAway();
  }
});

test('the SDK, its worker and the example page are served, in less than 6 kB', async () => {
  const { gzipSync } = await import('node:zlib');
  let bytes = 0;
  for (const url of ['/overair-push.js', '/overair-push-worker.js']) {
    const answer = await world.server.app.inject({ method: 'GET', url });
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } });
    bytes += gzipSync(answer.body).length;
  }
  expect(bytes).toBeLessThanOrEqual(6_000);
  expect((await world.server.app.inject({ method: 'GET', url: '/overair-push-example' })).body).toContain(
    '/overair-push.js',
  );
});

const bodies: readonly [string, unknown][] = [
  ['a NUL in a tag', '{"to":{"tag":["a\\u0000b"]},"body":{}}'],
  ['a list', '[]'],
  ['a number', '5'],
  ['deep nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
];
test.each(bodies)('a push of %s is refused, never a fault of the server', async (_what, body) => {
  const answer = await world.call(app, 'POST', '/v4/push', body);
  expect(answer.status).toBe(400);
  expect(answer.json.error.code).toBe(21003);
});

test('a wrong method is 405, an unknown path 404, both in the dialect', async () => {
  expect(await world.call(app, 'GET', '/v4/push')).toMatchObject({ status: 405, json: { error: { code: 21001 } } });
  expect(await world.call(app, 'GET', '/v4/nowhere')).toMatchObject({ status: 404, json: { error: { code: 404 } } });
});

test('a group push is recognised by its cid, and never by its request_id', async () => {
  const { authorization } = await world.createGroup([app]);
  const headers = { authorization };
  const send = async (options?: object) => {
    const web = { alert: 'x', url: 'https://e.x/' };
    const body = { platform: 'web', notification: { web }, options };
    const push = { to: 'all', body, request_id: 'same' };
    return (await world.call(undefined, 'POST', '/v4/grouppush', push, { headers })).json;
  };
  const [first, second] = [await send(), await send()];
  expect(second[app.app_key].request_id).toBe('same');
  expect(second[app.app_key].msg_id).not.toBe(first[app.app_key].msg_id);
  const named = await send({ cid: 'spring' });
  expect(await send({ cid: 'spring' })).toEqual(named);
});

test('a repetition of a group push sends to the apps that failed, and to no other', async () => {
  const [full, empty] = [await world.createApp(), await world.createApp()];
  const browser = await world.addBrowser(full);
  const { authorization } = await world.createGroup([full, empty]);
  const send = async () => {
    const body = {
      platform: 'web',
      notification: { web: { alert: 'x', url: 'https://e.x/' } },
      options: { cid: 'a1' },
    };
    const answer = await world.call(
      undefined,
      'POST',
      '/v4/grouppush',
      { to: 'all', body },
      { headers: { authorization } },
    );
    return answer.json;
  };
  const first = await send();
  expect(first).toMatchObject({
    [full.app_key]: { msg_id: expect.any(String) },
    [empty.app_key]: { error: { code: 21011 } },
  });
  const late = await world.addBrowser(empty);
  const second = await send();
  expect(second).toMatchObject({ group_msgid: first.group_msgid, [full.app_key]: first[full.app_key] });
  expect(second[empty.app_key]).toEqual({ request_id: '', msg_id: expect.stringMatching(/^\d+$/) });
  expect(await send()).toEqual(second);
  for (const each of [full, empty]) await world.settle(second[each.app_key].msg_id);
  expect([browser.received.length, late.received.length]).toEqual([1, 1]);
});

test('a browser shows the key of its subscription, and it is that of the app', async () => {
  const other = await world.createApp();
  const foreign = (await world.call(undefined, 'GET', `/v4/web/config?app_key=${other.app_key}`)).json.vapid_public_key;
  const register = (key: unknown) => post('/v4/web/register', { subscription: subscription(), vapid_key: key });
  expect(await register(undefined)).toMatchObject({ status: 400, json: { error: { code: 21002 } } });
  expect(await register(foreign)).toMatchObject({ status: 400, json: { error: { code: 21003 } } });
  expect((await register(`${vapid_key}=`)).status).toBe(200);
});

const phoneOf = (token: string, more: object = {}) =>
  post('/v4/app/register', { platform: 'android', channel: 'fcm', token, device_id: 'PHONE-1', ...more });

test('a new token of the same phone replaces its registration and keeps alias and tags', async () => {
  const first = await phoneOf('token-before-1', { alias: 'phone-user', tags: ['gold'] });
  // The same phone was also imported with its next token, before it registered that itself.
  const tokens = { platform: 'android', tokens: ['token-after-1'] };
  const [imported] = (await world.call(app, 'POST', '/v4/devices/token/registration_id', tokens)).json.results;
  const second = await phoneOf('token-after-1');
  const { registration_id, device_secret } = second.json;
  expect([registration_id, second.json.registration_id === imported.registration_id]).toEqual([
    first.json.registration_id,
    false,
  ]);
  expect((await post('/v4/web/me', { registration_id, device_secret })).json).toEqual({
    tags: ['gold'],
    alias: 'phone-user',
  });
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { msg_id } = (await world.call(app, 'POST', '/v4/push', { to: { alias: ['phone-user'] }, body })).json;
  await world.settle(msg_id);
  expect(world.fcm.requests.map(({ message }) => message.token)).toEqual(['token-after-1']);
  const left = await world.server.database.db
    .selectFrom('push_devices')
    .select('registration_id')
    .where('app_id', '=', app.app_id)
    .where('platform', '=', 'android')
    .execute();
  expect(left).toEqual([{ registration_id }]);
});

test('where clients may not label themselves, a device id alone takes nothing over', async () => {
  const owned = await world.createApp();
  await world.server.database.db
    .updateTable('push_apps')
    .set({ client_tags: false })
    .where('app_id', '=', owned.app_id)
    .execute();
  const first = await phoneOf('token-owned-1', { app_key: owned.app_key });
  const stranger = await phoneOf('token-owned-2', { app_key: owned.app_key });
  expect(stranger.json.registration_id).not.toBe(first.json.registration_id);
});

test('a phone reports with its secret, and its numbers tell it', async () => {
  const { registration_id, device_secret } = (await phoneOf('token-reports', { device_id: 'phone-9' })).json;
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { msg_id } = (await world.call(app, 'POST', '/v4/push', { to: { registration_id: [registration_id] }, body }))
    .json;
  await world.settle(msg_id);
  const numbers = async () => (await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`)).json[msg_id];
  expect(await numbers()).toMatchObject({ sent: 1, delivered: 0 });
  const events = [{ type: 'clicked' }];
  const forged = await post('/v4/app/report', { registration_id, device_secret: 'guess', msg_id, events });
  expect(forged.status).toBe(401);
  expect((await post('/v4/app/report', { registration_id, device_secret, msg_id, events })).status).toBe(200);
  expect(await numbers()).toMatchObject({ sent: 1, delivered: 1, impressions: 1, clicks: 1 });
});

test("what the vendor's group push cannot do: replace a message, and be scheduled", async () => {
  const apps = [await world.createApp(), await world.createApp()] as const;
  const browsers = [await world.addBrowser(apps[0]), await world.addBrowser(apps[1])];
  const { authorization } = await world.createGroup(apps);
  const headers = { authorization };
  const body = { platform: 'web', notification: { web: { alert: 'x', url: 'https://e.x/' } } };
  const first = await world.call(undefined, 'POST', '/v4/grouppush', { to: 'all', body }, { headers });
  const override_msg_id = Number(first.json[apps[0].app_key].msg_id);
  const second = { to: 'all', body: { ...body, options: { override_msg_id } } };
  const replaced = await world.call(undefined, 'POST', '/v4/grouppush', second, { headers });
  for (const [index, each] of apps.entries()) {
    await world.settle(replaced.json[each.app_key].msg_id);
    const tag = JSON.parse(browsers[index]?.received.at(-1)?.text ?? '').tag;
    expect(tag).toBe(first.json[each.app_key].msg_id);
  }
  const schedule = {
    name: 'later',
    enabled: true,
    trigger: { single: { time: '2099-01-01 00:00:00' } },
    push: { to: 'all', body },
  };
  const soon = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  expect((await world.call(undefined, 'POST', '/v4/grouppush/schedules', schedule, { headers })).json.error.code).toBe(
    8100,
  );
  const created = await world.call(
    undefined,
    'POST',
    '/v4/grouppush/schedules',
    { ...schedule, trigger: { single: { time: soon } } },
    { headers },
  );
  expect(created.json).toMatchObject({ name: 'later', schedule_id: expect.any(String) });
  expect((await world.call(apps[0], 'GET', `/v4/schedules/${created.json.schedule_id}`)).status).toBe(404);
});
