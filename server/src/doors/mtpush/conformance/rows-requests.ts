// Rows about what a request may say: authentication, envelope, audience, payload, options.

import { expect } from 'vitest';
import { basic } from '../../../testing/push-world.ts';
import {
  bodyWith,
  expectError,
  findDelivery,
  numbersOf,
  push,
  pushed,
  type Row,
  refused,
  setTags,
  toAll,
  W,
  web,
} from './row.ts';

const withAuth = (
  id: number,
  title: string,
  auth: (key: string, secret: string) => string | undefined,
  expected: [number, number] | 200,
): Row => ({
  id,
  title,
  async run({ world, app }) {
    const authorization = auth(app.app_key, app.master_secret);
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await world.call(undefined, 'POST', '/v4/push', toAll, { headers, remoteAddress: `10.9.0.${id}` });
    if (expected === 200) expect(answer.status).toBe(200);
    else expectError(answer, ...expected);
    if (answer.status === 401) expect(answer.headers['www-authenticate']).toBe('Basic realm="mtpush"');
  },
});

export const requestRows: readonly Row[] = [
  {
    id: 1,
    title: 'push to all with a request_id',
    async run(ground) {
      const answer = await push(ground, { ...toAll, request_id: 'r1' });
      expect(answer).toMatchObject({ status: 200, json: { request_id: 'r1', msg_id: expect.stringMatching(/^\d+$/) } });
    },
  },
  {
    id: 2,
    title: 'push without request_id',
    async run(ground) {
      expect((await push(ground, toAll)).json.request_id).toBe('');
    },
  },
  withAuth(4, 'no Authorization', () => undefined, [401, 27001]),
  withAuth(5, 'Authorization is not base64', () => 'Basic !!!', [401, 27001]),
  withAuth(6, 'right key, wrong secret', (key) => basic(key, 'f'.repeat(24)), [401, 21004]),
  withAuth(8, 'key with a trailing space', (key, secret) => basic(`${key} `, secret), [400, 21008]),
  withAuth(9, 'lower-case scheme', (key, secret) => basic(key, secret).replace('Basic', 'basic'), 200),
  {
    id: 10,
    title: 'group credentials on /v4/push',
    async run({ world, app }) {
      const { authorization } = await world.createGroup([app]);
      const answer = await world.call(undefined, 'POST', '/v4/push', toAll, { headers: { authorization } });
      expectError(answer, 401, 21004);
    },
  },
  refused(12, 'body not JSON', '{"to":', 400, 21003),
  refused(13, 'body missing', { to: 'all' }, 400, 21002),
  refused(14, 'to missing', { body: W }, 400, 21002),
  refused(16, 'to is empty', { to: {}, body: W }, 400, 21002),
  refused(17, 'to holds an empty list', { to: { tag: [] }, body: W }, 400, 21002),
  refused(18, 'unknown key in to', { to: { tags: ['a'] }, body: W }, 400, 21015),
  ...audienceRows(),
  {
    id: 24,
    title: 'registration_id of another app only',
    async run({ world, app }) {
      const other = await world.createApp();
      const { registration_id } = await world.addBrowser(other);
      const answer = await world.call(app, 'POST', '/v4/push', { to: { registration_id: [registration_id] }, body: W });
      expectError(answer, 400, 20101);
    },
  },
  {
    id: 25,
    title: 'one own and one foreign registration_id',
    async run({ world, app, browser }) {
      const { registration_id } = await world.addBrowser(await world.createApp());
      const to = { registration_id: [browser.registration_id, registration_id] };
      const msg_id = await pushed(world, app, { to, body: W });
      expect(await numbersOf(world, app, msg_id)).toMatchObject({ targets: 1, sent: 1 });
      expect(await findDelivery(world, msg_id, registration_id)).toMatchObject({ state: 'target_invalid' });
    },
  },
  refused(
    26,
    '1001 registration_ids',
    { to: { registration_id: Array.from({ length: 1001 }, (_, i) => `r${i}`) }, body: W },
    400,
    21003,
  ),
  refused(28, 'tag of 42 bytes in 14 characters', { to: { tag: ['中'.repeat(14)] }, body: W }, 400, 21003),
  {
    id: 29,
    title: 'to all, app without devices',
    async run({ world }) {
      expectError(await world.call(await world.createApp(), 'POST', '/v4/push', toAll), 400, 21011);
    },
  },
  {
    id: 30,
    title: 'to all, web device last seen 31 days ago only',
    async run({ world }) {
      const app = await world.createApp();
      const { registration_id } = await world.addBrowser(app);
      await world.server.database.db
        .updateTable('push_devices')
        .set({ last_seen_at: new Date(Date.now() - 31 * 86_400_000) })
        .where('registration_id', '=', registration_id)
        .execute();
      expectError(await world.call(app, 'POST', '/v4/push', toAll), 400, 21011);
    },
  },
  {
    id: 32,
    title: 'platforms android and ios on an app with both',
    async run({ world }) {
      const app = await world.createApp();
      await world.addPhone(app, 'android', 'fcm-token-row-32');
      await world.addPhone(app, 'ios', 'a'.repeat(64));
      const body = { platform: ['android', 'ios'], notification: { alert: 'x' } };
      const msg_id = await pushed(world, app, { to: 'all', body });
      expect(await numbersOf(world, app, msg_id)).toMatchObject({ targets: 2, sent: 2 });
    },
  },
  refused(33, 'platform missing', { to: 'all', body: { notification: { web } } }, 400, 21002),
  refused(34, 'no payload in body', { to: 'all', body: { platform: 'web' } }, 400, 21002),
  refused(
    36,
    'web block without url and no default URL',
    { to: 'all', body: { platform: 'web', notification: { web: { alert: 'x' } } } },
    400,
    21002,
  ),
  refused(
    37,
    'web notification of 2049 bytes',
    { to: 'all', body: { platform: 'web', notification: { web: { ...web, alert: webAlertOfBlock(2049) } } } },
    400,
    21005,
  ),
  refused(
    38,
    'notification and message, platform web',
    { to: 'all', body: { ...W, message: { msg_content: 'm' } } },
    401,
    21306,
  ),
  refused(
    40,
    'extras is an array',
    { to: 'all', body: { platform: 'web', notification: { web: { ...web, extras: [] } } } },
    400,
    21016,
  ),
  refused(41, 'time_to_live of 1296001', bodyWith({ time_to_live: 1_296_001 }), 400, 21003),
  {
    id: 42,
    title: 'time_to_live 0 becomes TTL: 0',
    async run({ world, app, browser }) {
      await pushed(world, app, bodyWith({ time_to_live: 0 }));
      expect(browser.received.at(-1)?.headers.ttl).toBe('0');
    },
  },
  {
    id: 44,
    title: 'the 21st running slow push',
    async run({ world }) {
      const app = await world.createApp();
      await world.addBrowser(app);
      const slow = bodyWith({ big_push_duration: 60 });
      for (let count = 0; count < 20; count += 1)
        expect((await world.call(app, 'POST', '/v4/push', slow)).status).toBe(200);
      expectError(await world.call(app, 'POST', '/v4/push', slow), 400, 23006);
    },
  },
  refused(
    45,
    'distribution "fast"',
    bodyWith({ third_party_channel: { w3push: { distribution: 'fast' } } }),
    401,
    27009,
  ),
  refused(
    46,
    'distribution with an empty alert',
    {
      to: 'all',
      body: {
        platform: 'web',
        notification: { web: { ...web, alert: '' } },
        options: { third_party_channel: { w3push: { distribution: 'ospush' } } },
      },
    },
    401,
    27008,
  ),
  refused(48, 'override_msg_id of an unknown message', bodyWith({ override_msg_id: 12345 }), 400, 1003),
  {
    id: 49,
    title: 'override_msg_id of an own message',
    async run({ world, app, browser }) {
      const old = await pushed(world, app, toAll);
      await pushed(world, app, bodyWith({ override_msg_id: Number(old) }));
      const last = browser.received.at(-1);
      expect(JSON.parse(last?.text ?? '{}').tag).toBe(old);
      expect(last?.headers.topic).toMatch(/^[\w-]{32}$/);
    },
  },
  {
    id: 50,
    title: 'the same cid twice',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const body = { ...bodyWith({ cid: 'a1' }), request_id: 'first' };
      const first = await world.call(app, 'POST', '/v4/push', body);
      const second = await world.call(app, 'POST', '/v4/push', { ...body, request_id: 'second' });
      expect(second).toMatchObject({ status: 200, json: first.json });
      await world.settle(first.json.msg_id);
      expect(browser.received).toHaveLength(1);
    },
  },
  {
    id: 52,
    title: 'cid used by another app',
    async run({ world, app }) {
      const other = await world.createApp();
      await world.addBrowser(other);
      const first = await world.call(app, 'POST', '/v4/push', bodyWith({ cid: 'shared' }));
      const second = await world.call(other, 'POST', '/v4/push', bodyWith({ cid: 'shared' }));
      expect(second.status).toBe(200);
      expect(second.json.msg_id).not.toBe(first.json.msg_id);
    },
  },
  refused(53, 'plan_id unknown', bodyWith({ plan_id: 'nowhere' }), 400, 21003),
  {
    id: 54,
    title: 'unknown key in options',
    async run(ground) {
      expect((await push(ground, bodyWith({ something_new: 1 }))).status).toBe(200);
    },
  },
  refused(57, 'custom_args of 129 characters', { ...toAll, custom_args: { k: 'v'.repeat(121) } }, 400, 21016),
  refused(
    58,
    'live_activity with platform all',
    { to: 'all', body: { platform: 'all', live_activity: { ios: { event: 'update', 'content-state': { a: 1 } } } } },
    400,
    21056,
  ),
  refused(
    60,
    'voip and notification',
    { to: 'all', body: { platform: 'ios', voip: { a: 1 }, notification: { alert: 'x' } } },
    400,
    21057,
  ),
  {
    id: 61,
    title: 'validate a good body',
    async run({ world }) {
      const app = await world.createApp();
      await world.addBrowser(app);
      const answer = await world.call(app, 'POST', '/v4/push/validate', toAll);
      expect(answer).toMatchObject({ status: 200, json: { msg_id: expect.stringMatching(/^\d+$/) } });
      const { db } = world.server.database;
      expect(await db.selectFrom('push_messages').select('msg_id').where('app_id', '=', app.app_id).execute()).toEqual(
        [],
      );
    },
  },
  {
    id: 62,
    title: 'validate a bad body',
    async run({ world, app }) {
      const bad = { to: { tags: ['a'] }, body: W };
      const [validated, sent] = [
        await world.call(app, 'POST', '/v4/push/validate', bad),
        await world.call(app, 'POST', '/v4/push', bad),
      ];
      expect(validated.json).toEqual(sent.json);
      expectError(validated, 400, 21015);
    },
  },
];

/** An alert with which the serialised web block has that many bytes. */
function webAlertOfBlock(bytes: number): string {
  return 'x'.repeat(bytes - JSON.stringify({ ...web, alert: '' }).length);
}

function audienceRows(): readonly Row[] {
  const devices: Record<string, readonly string[]> = { ab: ['a', 'b'], a: ['a'], b: ['b'], none: [] };
  const row = (id: number, title: string, to: object, expected: readonly string[]): Row => ({
    id,
    title,
    async run({ world }) {
      const app = await world.createApp();
      const reached: Record<string, () => number> = {};
      for (const [name, tags] of Object.entries(devices)) {
        const browser = await world.addBrowser(app);
        if (tags.length > 0) await setTags(world, app, browser.registration_id, tags);
        reached[name] = () => browser.received.length;
      }
      await pushed(world, app, { to, body: W });
      const names = Object.keys(devices).filter((name) => reached[name]?.() === 1);
      expect(names).toEqual(expected);
    },
  });
  return [
    row(20, 'tag_and reaches who has all', { tag_and: ['a', 'b'] }, ['ab']),
    row(21, 'tag_not alone reaches who has none', { tag_not: ['a'] }, ['b', 'none']),
    row(22, 'tag and tag_not intersect', { tag: ['a'], tag_not: ['b'] }, ['a']),
  ];
}
