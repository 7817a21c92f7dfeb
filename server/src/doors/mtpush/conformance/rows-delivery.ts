// Rows about delivery: what push services answer, and what phones are sent.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { systemActor } from '../../../accounts/caller.ts';
import { runCallback, saveCallback, signatureHeaders } from '../../../push/callbacks/callbacks.ts';
import { fcmError } from '../../../testing/fake-fcm.ts';
import type { PushWorld } from '../../../testing/push-world.ts';
import { expectError, findDelivery, findDevice, numbersOf, pushed, type Row, toAll, W, web } from './row.ts';

const ios = (block: object) => ({ platform: 'ios', notification: { ios: { alert: 'x', ...block } } });
const android = { platform: 'android', notification: { alert: 'x' } };

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An owner's server that takes callbacks; `echo` says what it answers to the check. */
async function startReceiver(echo: (text: string) => string) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { echostr } = JSON.parse(body) as { echostr?: string };
    if (echostr !== undefined) return void response.end(echo(echostr));
    received.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, received, close };
}

const byOwner = (world: PushWorld) => ({ actor: systemActor, org_id: world.server.orgId });

export const deliveryRows: readonly Row[] = [
  {
    id: 56,
    title: 'custom_args of text come back in callbacks',
    async run({ world }) {
      const app = await world.createApp();
      await world.addBrowser(app);
      const receiver = await startReceiver((text) => text);
      const room = world.server.parts.push;
      const callback_id = await saveCallback(room, byOwner(world), { app_id: app.app_id }, { url: receiver.url });
      await pushed(world, app, { ...toAll, custom_args: 'business info' });
      await runCallback(room, { callback_id });
      await receiver.close();
      const rows = receiver.received.flatMap(({ body }) => JSON.parse(body).rows);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row.custom_args).toBe('business info');
    },
  },
  {
    id: 101,
    title: 'a callback URL that echoes another text is refused',
    async run({ world, app }) {
      const receiver = await startReceiver(() => 'something else');
      const saved = saveCallback(
        world.server.parts.push,
        byOwner(world),
        { app_id: app.app_id },
        { url: receiver.url },
      );
      await expect(saved).rejects.toMatchObject({ code: 'push_field_invalid' });
      await receiver.close();
    },
  },
  {
    id: 102,
    title: 'the callback row of a delivery is signed',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const receiver = await startReceiver((text) => text);
      const room = world.server.parts.push;
      const settings = { url: receiver.url, username: 'test', secret: 'secret123' };
      const callback_id = await saveCallback(room, byOwner(world), { app_id: app.app_id }, settings);
      const msg_id = await pushed(world, app, toAll);
      await runCallback(room, { callback_id });
      await receiver.close();
      const [call] = receiver.received;
      const { total, rows } = JSON.parse(call?.body ?? '');
      expect(total).toBe(rows.length);
      const statuses = rows.map((row: { status: { message_status: string } }) => row.status.message_status);
      expect(statuses).toEqual(['plan', 'target_valid', 'sent']);
      expect(rows[0].status.status_data.plan_user_total).toBe(1);
      expect(rows[2]).toMatchObject({
        message_id: msg_id,
        to: browser.registration_id,
        server: 'WebPush',
        channel: 'Chrome',
      });
      const [, timestamp, nonce, username, signature] =
        /^timestamp=(\d+);nonce=(\d+);username=(\w+);signature=(\w+)$/.exec(call?.headers['x-callback-id'] ?? '') ?? [];
      const expected = createHmac('sha256', 'secret123').update(`${timestamp}${nonce}${username}`).digest('hex');
      expect(signature).toBe(expected);
      const vector = signatureHeaders('secret123', 'test', '', 1_681_991_058, '123123123123');
      expect(vector['X-CALLBACK-ID']).toContain('faeac57ebe014831d4c6ed116e44b4e159dfd3eaa87910eb8f43043298b7f9d1');
    },
  },
  {
    id: 105,
    title: 'push service 410',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      browser.answer = { status: 410 };
      const msg_id = await pushed(world, app, toAll);
      expect(await findDelivery(world, msg_id, browser.registration_id)).toMatchObject({
        state: 'target_invalid',
        attempts: 1,
        error_code: 410,
      });
      expect(await findDevice(world, browser.registration_id)).toMatchObject({ active: false, sealed: null });
      expect(browser.received).toHaveLength(1);
    },
  },
  {
    id: 106,
    title: 'push service 429 with Retry-After 2',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      browser.next.push({ status: 429, headers: { 'retry-after': '2' } });
      await pushed(world, app, toAll);
      const [first, second] = browser.received;
      expect((second?.receivedAtMs ?? 0) - (first?.receivedAtMs ?? 0)).toBeGreaterThanOrEqual(2000);
    },
  },
  {
    id: 108,
    title: 'registration with an address as endpoint',
    async run({ world, app, browser }) {
      const { keys } = browser.subscription;
      const subscription = { endpoint: 'https://127.0.0.1/x', keys };
      const body = { app_key: app.app_key, subscription };
      const answer = await world.call(undefined, 'POST', '/v4/web/register', body);
      expectError(answer, 400, 21003);
    },
  },
  {
    id: 109,
    title: 'FCM 404 UNREGISTERED',
    async run({ world }) {
      const app = await world.createApp();
      const registration_id = await world.addPhone(app, 'android', 'gone-token-109');
      world.fcm.answers.set('gone-token-109', fcmError(404, 'NOT_FOUND', 'UNREGISTERED'));
      const msg_id = await pushed(world, app, { to: 'all', body: android });
      expect(await findDevice(world, registration_id)).toMatchObject({ active: false });
      expect(await findDelivery(world, msg_id, registration_id)).toMatchObject({ state: 'target_invalid' });
    },
  },
  {
    id: 110,
    title: 'FCM 401',
    async run({ world }) {
      const app = await world.createApp();
      await world.addPhone(app, 'android', 'fcm-token-110');
      await pushed(world, app, { to: 'all', body: android });
      const issued = world.fcm.tokens.issued;
      world.fcm.expireTokens();
      // A token that was renewed a moment ago is not renewed again.
      await world.server.database.db
        .updateTable('push_credentials')
        .set({ token_at: new Date(Date.now() - 60_000), updated_at: new Date() })
        .where('app_id', '=', app.app_id)
        .where('channel', '=', 'fcm')
        .execute();
      const msg_id = await pushed(world, app, { to: 'all', body: android });
      expect(await numbersOf(world, app, msg_id)).toMatchObject({ sent: 1 });
      expect(world.fcm.tokens.issued).toBe(issued + 1);
    },
  },
  {
    id: 112,
    title: 'APNs keeps its provider token',
    async run({ world }) {
      const app = await world.createApp();
      for (let phone = 0; phone < 20; phone += 1) {
        await world.addPhone(app, 'ios', `${'c'.repeat(62)}${String(phone).padStart(2, '0')}`);
      }
      const before = world.apns.requests.length;
      const body = { to: 'all', body: ios({}) };
      for (let round = 0; round < 5; round += 1) await pushed(world, app, body);
      const requests = world.apns.requests.slice(before);
      expect(requests).toHaveLength(100);
      expect(new Set(requests.map((request) => request.providerToken)).size).toBe(1);
    },
  },
  {
    id: 113,
    title: 'ios badge "+1" twice',
    async run({ world }) {
      const app = await world.createApp();
      const token = 'd'.repeat(64);
      await world.addPhone(app, 'ios', token);
      for (let round = 0; round < 2; round += 1) await pushed(world, app, { to: 'all', body: ios({ badge: '+1' }) });
      const badges = world.apns.requests.filter((each) => each.token === token).map((each) => each.payload.aps?.badge);
      expect(badges).toEqual([1, 2]);
    },
  },
  {
    id: 114,
    title: 'APNs 410 from before the registration',
    async run({ world }) {
      const app = await world.createApp();
      const token = 'e'.repeat(64);
      const registration_id = await world.addPhone(app, 'ios', token);
      world.apns.answers.set(token, { status: 410, reason: 'Unregistered', timestamp: Date.now() - 3_600_000 });
      await pushed(world, app, { to: 'all', body: ios({}) });
      expect(await findDevice(world, registration_id)).toMatchObject({ active: true });
    },
  },
  {
    id: 121,
    title: 'a request for phones skips browsers silently',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      await world.addPhone(app, 'android', 'fcm-token-121');
      await world.addPhone(app, 'ios', 'f'.repeat(64));
      const body = { platform: 'all', notification: { android: { alert: 'a' }, ios: { alert: 'i' } } };
      const msg_id = await pushed(world, app, { to: 'all', body });
      expect(await numbersOf(world, app, msg_id)).toMatchObject({ targets: 2, sent: 2 });
      expect(browser.received).toEqual([]);
    },
  },
  {
    id: 122,
    title: 'notification and message to all platforms leave web out',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      await world.addPhone(app, 'android', 'fcm-token-122');
      const body = { platform: 'all', notification: { alert: 'a', web }, message: { msg_content: 'm' } };
      const msg_id = await pushed(world, app, { to: 'all', body });
      const { json } = await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`);
      expect(json[msg_id].sub).toMatchObject({ notification: { targets: 1 }, message: { targets: 1 } });
      expect(browser.received).toEqual([]);
    },
  },
  {
    id: 125,
    title: 'a redirect is not followed',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const inner = await world.addBrowser(await world.createApp());
      browser.answer = { status: 302, headers: { location: inner.subscription.endpoint } };
      const msg_id = (
        await world.call(app, 'POST', '/v4/push', { to: 'all', body: { ...W, options: { time_to_live: 3 } } })
      ).json.msg_id;
      await world.settle(msg_id);
      expect(inner.received).toEqual([]);
      expect(await findDelivery(world, msg_id, browser.registration_id)).toMatchObject({
        state: 'delivered_failed',
        error_code: 302,
      });
    },
  },
  {
    id: 126,
    title: 'each app signs with its own key',
    async run({ world }) {
      const keys: string[] = [];
      for (let count = 0; count < 2; count += 1) {
        const app = await world.createApp();
        const browser = await world.addBrowser(app);
        await pushed(world, app, toAll);
        // The fake checks signature and audience; a violation would have been answered with 400.
        const authorization = browser.received[0]?.headers.authorization ?? '';
        keys.push(authorization.split('k=')[1] ?? '');
        const claims = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString();
        expect(JSON.parse(claims).aud).toBe(world.service.origin);
      }
      expect(keys[0]).not.toBe(keys[1]);
      expect(world.service.violations).toEqual([]);
    },
  },
];
