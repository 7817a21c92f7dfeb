// Rows beyond the table of the dialect: what callers may rely on here where it is silent. Ids from 201.

import { expect, onTestFinished, vi } from 'vitest';
import { expectError, pushed, type Row, refused, toAll, web } from './row.ts';

const browsers = (block: object) => ({
  to: 'all',
  body: { platform: 'web', notification: { web: { ...web, ...block } } },
});
const buttons = (button: object) => ({
  to: 'all',
  body: { platform: 'web', notification: { web }, options: { web_buttons: [{ id: 'b', text: 'B', ...button }] } },
});
const phones = (block: object) => ({
  to: 'all',
  body: { platform: 'android', notification: { android: { alert: 'x', ...block } } },
});

/** Every place that takes a URL, with a scheme that runs something. */
const scripts: readonly (readonly [what: string, push: object])[] = [
  ['an icon that is a script', browsers({ icon: 'javascript:alert(1)' })],
  ['an icon that hides its scheme behind a line end', browsers({ icon: ' java\nscript:alert(1)' })],
  ['an icon that is a page', browsers({ icon: 'data:text/html,<script>1</script>' })],
  ['an image that is a script', browsers({ image: 'JavaScript:alert(1)' })],
  ['an image of a file', browsers({ image: 'file:///etc/passwd' })],
  ['a url that is a script', browsers({ url: 'javascript:alert(1)' })],
  ["a button's url that is a page", buttons({ url: 'data:text/html,x' })],
  ["a button's icon that is a script", buttons({ icon: 'vbscript:x' })],
  ['an intent of Android that is a script', phones({ intent: { url: 'javascript:alert(1)' } })],
  ['an intent of Android around a script', phones({ intent: { url: 'intent:alert(1)#Intent;scheme=javascript;end' } })],
  ['an intent of Android to a file', phones({ intent: { url: 'file:///data/x' } })],
  ['a large icon of Android that is a page', phones({ large_icon: 'data:text/html,x' })],
  ['a big picture of Android that is a script', phones({ big_pic_path: 'javascript:x', style: 3 })],
];

export const rowsBeyond: readonly Row[] = [
  ...scripts.map(([what, push], index) => refused(201 + index, what, push, 400, 21003)),
  {
    id: 220,
    title: 'icons below the site, and the links of apps, are taken',
    async run({ world }) {
      const app = await world.createApp();
      await world.addBrowser(app);
      await world.addPhone(app, 'android', 'token-220');
      for (const push of [
        browsers({ icon: '/icon.png', image: 'https://e.x/i.png' }),
        phones({ intent: { url: 'myapp://news/7' }, small_icon: 'ic_notification' }),
        phones({ intent: { url: 'intent:#Intent;action=android.intent.action.MAIN;end' } }),
      ]) {
        await pushed(world, app, push);
      }
    },
  },
  {
    id: 221,
    title: 'platform all says which platforms it skipped, and why',
    async run({ world }) {
      const app = await world.createApp(['webpush']);
      await world.addBrowser(app);
      const body = { platform: 'all', notification: { alert: 'x', web } };
      const { json } = await world.call(app, 'POST', '/v4/push', { to: 'all', body });
      const skipped = [
        { platform: 'android', reason: 'the app has no fcm credential' },
        { platform: 'ios', reason: 'the app has no apns credential' },
      ];
      expect(json).toEqual({ request_id: '', msg_id: expect.any(String), skipped });
      await world.settle(json.msg_id);
      const status = await world.call(app, 'GET', `/v4/status/detail?message_ids=${json.msg_id}`);
      expect(status.json[json.msg_id]).toMatchObject({ targets: 1, skipped });
      const group = await world.createGroup([app]);
      const { authorization } = group;
      const push = { to: 'all', body };
      const answer = await world.call(undefined, 'POST', '/v4/grouppush', push, { headers: { authorization } });
      expect(answer.json[app.app_key]).toMatchObject({ skipped });
    },
  },
  {
    id: 222,
    title: 'a request that has nothing for a platform says so, and one that skips nobody says nothing',
    async run({ world }) {
      const app = await world.createApp();
      await world.addPhone(app, 'android', 'token-222');
      await world.addBrowser(app);
      const send = async (notification: object) => {
        const body = { platform: 'all', notification };
        return (await world.call(app, 'POST', '/v4/push', { to: 'all', body })).json.skipped;
      };
      expect(await send({ android: { alert: 'x' } })).toEqual([
        { platform: 'ios', reason: 'the request holds nothing for ios' },
        { platform: 'web', reason: 'the request holds nothing for web' },
      ]);
      expect(await send({ alert: 'x' })).toEqual([
        { platform: 'web', reason: 'browsers need a url: the request and the app name none' },
      ]);
      expect(await send({ alert: 'x', web })).toBeUndefined();
    },
  },
  {
    id: 223,
    title: 'a batch answers for each item when the time of its caller runs out',
    async run({ world }) {
      const app = await world.createApp();
      const targets: string[] = [];
      for (let count = 0; count < 12; count += 1) targets.push((await world.addBrowser(app)).registration_id);
      const requests = targets.map((target) => ({ target, platform: 'web', notification: { web } }));
      // A clock that is three seconds further each time that anybody looks.
      let looks = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => 3_000 * looks++);
      onTestFinished(() => void vi.restoreAllMocks());
      const { status, json } = await world.call(app, 'POST', '/v4/batch/push/regid', { requests });
      expect([status, Object.keys(json.results).sort()]).toEqual([200, targets.toSorted()]);
      const late = targets.filter((target) => !json.results[target].success);
      expect(late.length).toBeGreaterThan(0);
      for (const target of late)
        expect(json.results[target].error).toMatchObject({
          code: 21030,
          message: expect.stringContaining('not tried'),
        });
    },
  },
  {
    id: 224,
    title: 'a push that is not paid for by a cid is sent as often as it is asked for',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      for (let count = 0; count < 2; count += 1) await pushed(world, app, { ...toAll, request_id: 'same' });
      expect(browser.received).toHaveLength(2);
    },
  },
  {
    id: 225,
    title: "a schedule by the clock of an owner's own zone, which it gives back",
    async run({ world, app }) {
      const time = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
      const trigger = { single: { time: `${time} 09:00:00`, time_zone: 'Asia/Tokyo' } };
      const schedule = { name: 'zone', enabled: true, trigger, push: toAll };
      const { json } = await world.call(app, 'POST', '/v4/schedules', schedule);
      const shown = await world.call(app, 'GET', `/v4/schedules/${json.schedule_id}`);
      expect(shown.json[0].trigger).toEqual({ single: { ...trigger.single, zone_type: 1 } });
      const row = await world.server.database.db
        .selectFrom('push_schedules')
        .select('next_at')
        .where('schedule_id', '=', json.schedule_id)
        .executeTakeFirst();
      expect(row?.next_at?.toISOString()).toBe(`${time}T00:00:00.000Z`);
      const wrong = { ...schedule, trigger: { single: { ...trigger.single, time_zone: 'Asia/Nowhere' } } };
      expectError(await world.call(app, 'POST', '/v4/schedules', wrong), 400, 8100);
    },
  },
];
