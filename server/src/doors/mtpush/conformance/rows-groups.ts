// Rows about groups, batches, rates and withdrawal.

import { expect, onTestFinished, vi } from 'vitest';
import { basic, type PushWorld, type TestApp } from '../../../testing/push-world.ts';
import { expectError, numbersOf, pushed, type Row, toAll, W, web } from './row.ts';

async function groupOf(world: PushWorld, apps: readonly TestApp[]) {
  const group = await world.createGroup(apps);
  const call = (body: unknown, authorization = group.authorization) =>
    world.call(undefined, 'POST', '/v4/grouppush', body, { headers: { authorization } });
  return { ...group, call };
}

/** Two apps: the first with a browser, the second without. */
async function halfGroup(world: PushWorld) {
  const full = await world.createApp();
  const empty = await world.createApp();
  const browser = await world.addBrowser(full);
  return { full, empty, browser, group: await groupOf(world, [full, empty]) };
}

const exact21037 = 'group_key is not a 24 size string or does not exist';

export const groupRows: readonly Row[] = [
  {
    id: 64,
    title: 'grouppush with the bare GroupKey',
    async run({ world, app }) {
      const group = await groupOf(world, [app]);
      expect((await group.call(toAll, basic(group.group_key, group.group_secret))).status).toBe(200);
    },
  },
  {
    id: 65,
    title: 'grouppush with a key of 23 characters',
    async run({ world, app }) {
      const group = await groupOf(world, [app]);
      const answer = await group.call(toAll, basic(`group-${'a'.repeat(23)}`, group.group_secret));
      expectError(answer, 400, 21037);
      expect(answer.json.error.message).toBe(exact21037);
    },
  },
  {
    id: 66,
    title: 'grouppush with an unknown key',
    async run({ world, app }) {
      const group = await groupOf(world, [app]);
      expectError(await group.call(toAll, basic(`group-${'0'.repeat(24)}`, group.group_secret)), 400, 21037);
    },
  },
  {
    id: 68,
    title: 'grouppush, one app without targets',
    async run({ world }) {
      const { full, empty, group } = await halfGroup(world);
      const { status, json } = await group.call(toAll);
      expect(status).toBe(200);
      expect(json[empty.app_key]).toEqual({ error: { code: 21011, message: expect.any(String) } });
      expect(json[full.app_key].msg_id).toMatch(/^\d+$/);
    },
  },
  {
    id: 69,
    title: 'grouppush, every app fails',
    async run({ world }) {
      const app = await world.createApp();
      const { status, json } = await (await groupOf(world, [app])).call(toAll);
      expect(status).toBe(200);
      expect(Object.keys(json).sort()).toEqual([app.app_key, 'group_msgid'].sort());
      expect(json[app.app_key].error.code).toBe(21011);
    },
  },
  {
    id: 70,
    title: 'grouppush without request_id',
    async run({ world, app }) {
      const { json } = await (await groupOf(world, [app])).call(toAll);
      expect(json[app.app_key].request_id).toBe('');
    },
  },
  {
    id: 72,
    title: 'grouppush with a schema error',
    async run({ world, app }) {
      const answer = await (await groupOf(world, [app])).call({ to: 'all', body: { platform: 'web' } });
      expectError(answer, 400, 21002);
      expect(Object.keys(answer.json)).toEqual(['error']);
    },
  },
  {
    id: 73,
    title: "each app sees its own part of a group's push",
    async run({ world }) {
      const apps = [await world.createApp(), await world.createApp()] as const;
      for (const app of apps) await world.addBrowser(app);
      const { json } = await (await groupOf(world, apps)).call(toAll);
      const [own, foreign] = apps.map((app) => json[app.app_key].msg_id as string);
      expect(await numbersOf(world, apps[0], own ?? '')).toMatchObject({ targets: 1 });
      const answer = await world.call(apps[0], 'GET', `/v4/status/detail?message_ids=${own},${foreign}`);
      expect(Object.keys(answer.json)).toEqual([own]);
    },
  },
  {
    id: 74,
    title: 'batch by registration id',
    async run({ world }) {
      const app = await world.createApp();
      const targets = [await world.addBrowser(app), await world.addBrowser(app)].map((each) => each.registration_id);
      const requests = targets.map((target) => ({ target, platform: 'web', notification: { web } }));
      const { status, json } = await world.call(app, 'POST', '/v4/batch/push/regid', { requests });
      expect(status).toBe(200);
      expect(Object.keys(json.results).sort()).toEqual([...targets].sort());
      for (const target of targets) {
        expect(json.results[target]).toEqual({ target, success: true, msg_id: expect.any(Number) });
      }
    },
  },
  {
    id: 76,
    title: 'batch of 501 items',
    async run({ world, app }) {
      const requests = Array.from({ length: 501 }, (_, index) => ({ target: `t${index}`, platform: 'web' }));
      expectError(await world.call(app, 'POST', '/v4/batch/push/regid', { requests }), 400, 21003);
    },
  },
  {
    id: 77,
    title: 'batch with a duplicate target',
    async run({ world, app }) {
      const requests = [{ target: 'a' }, { target: 'a' }];
      expectError(await world.call(app, 'POST', '/v4/batch/push/regid', { requests }), 400, 21003);
    },
  },
  {
    id: 78,
    title: 'batch by alias',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      await world.call(app, 'POST', `/v4/devices/${browser.registration_id}`, { alias: 'ann' });
      const requests = [{ target: 'ann', platform: 'web', notification: { web } }];
      const { json } = await world.call(app, 'POST', '/v4/batch/push/alias', { requests });
      await world.settle(json.results.ann.msg_id);
      expect(browser.received).toHaveLength(1);
    },
  },
  {
    id: 80,
    title: 'the 501st push within a second',
    async run({ world }) {
      const app = await world.createApp();
      const requests = Array.from({ length: 500 }, (_, index) => ({ target: `t${index}` }));
      // The clock stands still: on a busy machine the batch alone may take longer than the second that is counted.
      vi.useFakeTimers({ toFake: ['Date'] });
      onTestFinished(() => void vi.useRealTimers());
      expect((await world.call(app, 'POST', '/v4/batch/push/regid', { requests })).status).toBe(200);
      const answer = await world.call(app, 'POST', '/v4/push', toAll);
      expectError(answer, 400, 23008);
      expect(answer.headers).toMatchObject({ 'x-rate-limit-remaining': '0', 'retry-after': '1' });
      vi.setSystemTime(Date.now() + 1000);
      expectError(await world.call(app, 'POST', '/v4/push', toAll), 400, 21011);
    },
  },
  {
    id: 81,
    title: 'withdraw a fresh message',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const { msg_id } = (await world.call(app, 'POST', '/v4/push', toAll)).json;
      const answer = await world.call(app, 'DELETE', `/v4/push/withdraw/${msg_id}`);
      expect(answer).toMatchObject({ status: 200, json: { request_id: '', msg_id } });
      await world.settle(msg_id);
      expect(browser.received).toEqual([]);
    },
  },
  {
    id: 82,
    title: 'withdraw what cannot be withdrawn',
    async run({ world, app }) {
      const other = await world.createApp();
      await world.addBrowser(other);
      const foreign = await pushed(world, other, toAll);
      const again = await pushed(world, app, toAll);
      const old = await pushed(world, app, toAll);
      await world.server.database.db
        .updateTable('push_messages')
        .set({ created_at: new Date(Date.now() - 25 * 3_600_000) })
        .where('msg_id', '=', Number(old))
        .execute();
      expect((await world.call(app, 'DELETE', `/v4/push/withdraw/${again}`)).status).toBe(200);
      for (const msg_id of [again, old, foreign, '424242', 'abc']) {
        const answer = await world.call(app, 'DELETE', `/v4/push/withdraw/${msg_id}`);
        expectError(answer, 400, 21003);
        expect(answer.json.error.message).toContain('msg_id not exist');
      }
    },
  },
  {
    id: 124,
    title: 'a group answer holds app keys and group_msgid only',
    async run({ world }) {
      const { full, empty, group } = await halfGroup(world);
      const { json } = await group.call({ ...toAll, request_id: 'r' });
      const { group_msgid, ...entries } = json;
      expect(group_msgid).toMatch(/^[0-9a-v]{20}$/);
      expect(Object.keys(entries).sort()).toEqual([full.app_key, empty.app_key].sort());
      for (const entry of Object.values(entries)) expect(entry).toBeTypeOf('object');
    },
  },
  {
    id: 128,
    title: 'two parallel calls with the same cid',
    async run({ world }) {
      const app = await world.createApp();
      const browser = await world.addBrowser(app);
      const body = { to: 'all', body: { ...W, options: { cid: 'twin' } } };
      const [one, two] = await Promise.all([
        world.call(app, 'POST', '/v4/push', body),
        world.call(app, 'POST', '/v4/push', body),
      ]);
      expect(one.status).toBe(200);
      expect(two.json).toEqual(one.json);
      await world.settle(one.json.msg_id);
      expect(browser.received).toHaveLength(1);
    },
  },
];
