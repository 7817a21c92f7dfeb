// Rows about devices, tags, schedules, statistics and plans.

import { expect } from 'vitest';
import { runSchedule } from '../../../push/schedule/run-schedule.ts';
import { formatTime } from '../../../push/schedule/trigger.ts';
import { expectError, pushed, type Row, report, setTags, toAll, W } from './row.ts';

const inAnHour = () => formatTime(Date.now() + 3_600_000);
const schedule = (trigger: object) => ({ name: 'Daily Push', enabled: true, trigger, push: { to: 'all', body: W } });
const weekly = () => ({
  periodical: {
    start: inAnHour(),
    end: formatTime(Date.now() + 30 * 86_400_000),
    time: '12:00:00',
    time_unit: 'week',
    point: ['mon', 'FRI'],
    frequency: 1,
  },
});

export const registryRows: readonly Row[] = [
  {
    id: 84,
    title: 'null tags are left alone',
    async run({ world, app }) {
      const { registration_id } = await world.addBrowser(app);
      await setTags(world, app, registration_id, ['kept']);
      await world.call(app, 'POST', `/v4/devices/${registration_id}`, { tags: null, alias: 'z' });
      const answer = await world.call(app, 'GET', `/v4/devices/${registration_id}`);
      expect(answer.json).toEqual({ tags: ['kept'], alias: 'z' });
    },
  },
  {
    id: 85,
    title: 'an empty string clears the tags',
    async run({ world, app }) {
      const { registration_id } = await world.addBrowser(app);
      await setTags(world, app, registration_id, ['a', 'b']);
      await world.call(app, 'POST', `/v4/devices/${registration_id}`, { tags: '' });
      const answer = await world.call(app, 'GET', `/v4/devices/${registration_id}`);
      expect(answer.json).toEqual({ tags: [], alias: '' });
    },
  },
  {
    id: 86,
    title: 'the 101st tag',
    async run({ world, app }) {
      const { registration_id } = await world.addBrowser(app);
      await setTags(
        world,
        app,
        registration_id,
        Array.from({ length: 100 }, (_, index) => `t${index}`),
      );
      const answer = await world.call(app, 'POST', `/v4/devices/${registration_id}`, {
        tags: { add: ['one-more'] },
        alias: 'not-set',
      });
      expectError(answer, 400, 21003);
      const { json } = await world.call(app, 'GET', `/v4/devices/${registration_id}`);
      expect(json.tags).toHaveLength(100);
      expect(json).toMatchObject({ alias: '' });
    },
  },
  {
    id: 88,
    title: 'device status',
    async run({ world, app, browser }) {
      const { registration_id } = await world.addBrowser(app);
      await world.server.database.db
        .updateTable('push_devices')
        .set({ last_seen_at: new Date(Date.now() - 3_600_000) })
        .where('registration_id', '=', registration_id)
        .execute();
      const ids = [browser.registration_id, registration_id, 'nobody'];
      const { json } = await world.call(app, 'POST', '/v4/devices/status', { registration_ids: ids });
      const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
      expect(json).toEqual([
        { regid: browser.registration_id, online: true },
        { regid: registration_id, online: false, last_online_time: time },
        { regid: 'nobody', online: false },
      ]);
    },
  },
  {
    id: 89,
    title: 'token import, one of them empty',
    async run({ world, app }) {
      const body = { platform: 'android', tokens: ['good-fcm-token:1', ''] };
      const { json } = await world.call(app, 'POST', '/v4/devices/token/registration_id', body);
      expect(json.results.map((each: { code: number }) => each.code)).toEqual([0, 21003]);
      expect(json.results[0]).toMatchObject({ token: 'good-fcm-token:1', is_new: true });
      const again = await world.call(app, 'POST', '/v4/devices/token/registration_id', body);
      expect(again.json.results[0]).toMatchObject({ registration_id: json.results[0].registration_id, is_new: false });
    },
  },
  {
    id: 90,
    title: 'token import for ios without apns_production',
    async run({ world, app }) {
      const body = { platform: 'ios', tokens: ['b'.repeat(64)] };
      expectError(await world.call(app, 'POST', '/v4/devices/token/registration_id', body), 400, 21002);
    },
  },
  {
    id: 92,
    title: 'tags_count in every form of a list',
    async run({ world }) {
      const app = await world.createApp();
      const { registration_id } = await world.addBrowser(app);
      await setTags(world, app, registration_id, ['a']);
      for (const list of ['tags=a&tags=b', 'tags=a,b', 'tags=a%2Cb']) {
        const { json } = await world.call(app, 'GET', `/v4/tags_count?${list}&platform=web`);
        expect(json).toEqual({ tagsCount: { a: 1, b: 0 } });
      }
    },
  },
  {
    id: 93,
    title: 'quota-info is not a tag',
    async run({ world, app }) {
      const { json } = await world.call(app, 'GET', '/v4/tags/quota-info?tags=a');
      expect(Object.keys(json)).toEqual(['data']);
      expect(json.data).toMatchObject({
        totalTagQuota: 100_000,
        tagUidQuotaDetail: [{ tagName: 'a', useUidQuota: 0 }],
      });
    },
  },
  {
    id: 94,
    title: 'single schedule in the past',
    async run({ world, app }) {
      const body = schedule({ single: { time: '2020-01-01 00:00:00' } });
      expectError(await world.call(app, 'POST', '/v4/schedules', body), 400, 8100);
    },
  },
  {
    id: 96,
    title: 'a schedule is read back as a list of one, time_unit upper-case',
    async run({ world, app }) {
      const { json } = await world.call(app, 'POST', '/v4/schedules', schedule(weekly()));
      const answer = await world.call(app, 'GET', `/v4/schedules/${json.schedule_id}`);
      expect(answer.json).toHaveLength(1);
      expect(answer.json[0]).toMatchObject({
        schedule_id: json.schedule_id,
        name: 'Daily Push',
        enabled: true,
        trigger: { periodical: { time_unit: 'WEEK', point: ['MON', 'FRI'], frequency: 1, zone_type: 1 } },
      });
    },
  },
  {
    id: 97,
    title: 'a schedule fires',
    async run({ world, app, browser }) {
      const body = schedule({ single: { time: formatTime(Date.now() + 2_000) } });
      const { schedule_id } = (await world.call(app, 'POST', '/v4/schedules', body)).json;
      const { db } = world.server.database;
      const { next_at } = await db
        .selectFrom('push_schedules')
        .select('next_at')
        .where('schedule_id', '=', schedule_id)
        .executeTakeFirstOrThrow();
      // What the queue does when the time has come.
      const job = { schedule_id, run_at: next_at?.toISOString() ?? '', part: '' };
      await runSchedule(world.server.parts.push, job);
      await runSchedule(world.server.parts.push, job);
      const { json } = await world.call(app, 'GET', `/v4/schedules/${schedule_id}/msg-ids`);
      expect(json).toEqual({ count: 1, MsgIds: [expect.stringMatching(/^\d+$/)] });
      const before = browser.received.length;
      await world.settle(json.MsgIds[0]);
      expect(browser.received.length).toBe(before + 1);
    },
  },
  {
    id: 98,
    title: 'a single schedule cannot become periodical',
    async run({ world, app }) {
      const { schedule_id } = (
        await world.call(app, 'POST', '/v4/schedules', schedule({ single: { time: inAnHour() } }))
      ).json;
      expectError(await world.call(app, 'PUT', `/v4/schedules/${schedule_id}`, { trigger: weekly() }), 400, 8100);
    },
  },
  {
    id: 100,
    title: 'numbers of one delivered push to Chrome',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const msg_id = await pushed(world, app, toAll);
      expect((await report(world, app, browser, msg_id, ['received', 'received'])).status).toBe(200);
      await report(world, app, browser, msg_id, ['received']);
      for (const path of ['status/detail', 'messages/details']) {
        const { json } = await world.call(app, 'GET', `/v4/${path}?message_ids=${msg_id}`);
        expect(json[msg_id]).toMatchObject({ targets: 1, sent: 1, delivered: 1, impressions: 0, clicks: 0 });
        expect(json[msg_id].sub.notification).toMatchObject({ targets: 1, target: 1, clicks: 0, click: 0 });
        expect(json[msg_id].sub.notification.sub_web.chrome).toMatchObject({ sent: 1, delivered: 1 });
        expect(json[msg_id].sub.notification.sub_web.firefox).toMatchObject({ sent: 0 });
      }
    },
  },
  {
    id: 116,
    title: 'plan list',
    async run({ world }) {
      const app = await world.createApp();
      await world.call(app, 'POST', '/v4/push_plan', { plan_id: 'spring', plan_description: 'Spring sale' });
      const { json } = await world.call(app, 'GET', '/v4/push_plan/list?page_index=1&page_size=20&send_source=0');
      expect(json).toMatchObject({ total: 1, push_plan_info: [{ plan_id: 'spring', push_id: 'spring', count: 0 }] });
      expect(json.push_plan_info[0].create_time).toBeGreaterThan(1e12);
      expect(json.push_plan_info[0].last_used_time).toBe(0);
    },
  },
  {
    id: 120,
    title: 'paths with a trailing slash',
    async run({ world, app, browser }) {
      const span = 'plan_ids=none';
      for (const path of [`/v4/status/plan/msg/?${span}`, `/v4/status/plan/msg?${span}`]) {
        expect(await world.call(app, 'GET', path)).toMatchObject({ status: 200, json: { none: { msg_ids: [] } } });
      }
      const body = { registration_ids: [browser.registration_id] };
      for (const path of ['/v4/devices/status/', '/v4/devices/status']) {
        expect((await world.call(app, 'POST', path, body)).status).toBe(200);
      }
    },
  },
];
