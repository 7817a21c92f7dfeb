// Every call of the dialect's SDKs, as they make it: none is refused, and each answer is what their decoders read.

import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld, type TestApp, type TestBrowser } from '../../testing/push-world.ts';
import * as sdk from '../../testing/sdk-decoders.ts';
import { custom, notification, options } from '../../testing/sdk-payloads.ts';
import { DAY_MS } from '../../utc-day.ts';

let world: PushWorld;
let app: TestApp;
let poor: TestApp;
let group: { authorization: string };
let browser: TestBrowser;
let phone: string;
let sent: string;
const schedules: Record<string, string> = {};

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const today = inDays(0);
const span = { start: `${inDays(2)} 00:00:00`, end: `${inDays(60)} 00:00:00`, time: '12:00:00', frequency: 1 };

const push = {
  from: 'push',
  to: 'all',
  request_id: 'r1',
  custom_args: { k: 'v' },
  body: { platform: 'all', notification, message: null, live_activity: null, options },
};
const triggers: Readonly<Record<string, object>> = {
  single: { single: { time: `${inDays(2)} 10:00:00`, zone_type: 2 }, periodical: null },
  daily: { periodical: { ...span, time_unit: 'day', zone_type: 1 } },
  weekly: { periodical: { ...span, time_unit: 'WEEK', point: ['MON', 'FRI'] } },
  monthly: { periodical: { ...span, time_unit: 'month', point: ['01', '15'] } },
  intelligent: { intelligent: { backup_time: `${inDays(2)} 10:00:00` } },
};

beforeAll(async () => {
  world = await startPushWorld();
  app = await world.createApp();
  poor = await world.createApp([]);
  group = await world.createGroup([app, poor]);
  browser = await world.addBrowser(app);
  phone = await world.addPhone(app, 'android', 'token-1');
  await world.call(app, 'POST', '/v4/push_plan', { plan_id: 'spring', plan_description: 'of this year' });
  const devices = { tags: { add: ['vip'], remove: null }, alias: 'u1' };
  await world.call(app, 'POST', `/v4/devices/${phone}`, devices);
  sent = (await world.call(app, 'POST', '/v4/push', push)).json.msg_id;
  await world.settle(sent);
  for (const [name, trigger] of Object.entries(triggers)) {
    const created = await world.call(app, 'POST', '/v4/schedules', { name, enabled: true, trigger, push });
    expect(mistakes(sdk.ScheduleCreated, created.json)).toEqual([]);
    schedules[name] = created.json.schedule_id;
  }
});
afterAll(async () => world.close());

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Call = readonly [decoder: TSchema, method: Method, url: () => string, body?: () => unknown];

const at = (url: string) => () => url;
const pushOf = (body: object) => () => ({ ...push, body });

const calls: Readonly<Record<string, Call>> = {
  'push with all fields': [sdk.Pushed, 'POST', at('/v4/push'), () => push],
  'push of a custom message': [
    sdk.Pushed,
    'POST',
    at('/v4/push'),
    pushOf({ platform: ['android', 'ios'], message: custom }),
  ],
  'push to labels': [
    sdk.Pushed,
    'POST',
    at('/v4/push'),
    () => ({
      to: { registration_id: [phone], tag: ['vip'], tag_and: ['vip'], tag_not: ['no'], alias: ['u1'], seg: null },
      body: { platform: 'android', notification: { alert: 'x' } },
    }),
  ],
  validate: [sdk.Pushed, 'POST', at('/v4/push/validate'), () => push],
  'batch by registration id': [
    sdk.BatchPushed,
    'POST',
    at('/v4/batch/push/regid'),
    () => ({
      requests: [
        { target: phone, platform: 'android', notification, options, custom_args: { k: 'v' } },
        { target: 'nobody', platform: ['android'], message: custom },
      ],
    }),
  ],
  'batch by alias': [
    sdk.BatchPushed,
    'POST',
    at('/v4/batch/push/alias'),
    () => ({ requests: [{ target: 'u1', platform: 'all', notification: { alert: 'x' } }] }),
  ],
  device: [sdk.Device, 'GET', () => `/v4/devices/${phone}`],
  'device without labels': [sdk.Device, 'GET', () => `/v4/devices/${browser.registration_id}`],
  'devices seen': [
    sdk.DevicesSeen,
    'POST',
    at('/v4/devices/status'),
    () => ({ registration_ids: [phone, browser.registration_id, 'nobody'] }),
  ],
  'import of Apple tokens': [
    sdk.TokensImported,
    'POST',
    at('/v4/devices/token/registration_id'),
    () => ({ platform: 'ios', apns_production: true, tokens: ['0a'.repeat(32), 'not a token', ''] }),
  ],
  tags: [sdk.Tags, 'GET', at('/v4/tags')],
  membership: [sdk.Membership, 'GET', () => `/v4/tags/vip/registration_ids/${phone}`],
  'counts, repeated tags': [sdk.TagCounts, 'GET', at('/v4/tags_count?platform=android&tags=vip&tags=gold')],
  'counts, joined tags': [sdk.TagCounts, 'GET', at('/v4/tags_count?platform=android%2Cios&tags=vip%2Cgold')],
  quota: [sdk.Quota, 'GET', at('/v4/tags/quota-info?tags=vip&platform=android')],
  alias: [sdk.AliasHolders, 'GET', at('/v4/aliases/u1?platform=android,ios,hmos')],
  schedules: [sdk.SchedulePage, 'GET', at('/v4/schedules?page=1')],
  'numbers of messages': [sdk.MessageNumbers, 'GET', () => `/v4/status/detail?message_ids=${sent}%2C7`],
  'lives by device': [
    sdk.LifecyclesById,
    'GET',
    () => `/v4/status/message?message_id=${sent}&registration_ids=${phone}%2Cnobody`,
  ],
  'lives of messages': [sdk.Lifecycles, 'GET', () => `/v4/status/batch/message?message_ids=${sent}`],
  'numbers of users': [sdk.UserNumbers, 'GET', at(`/v4/status/users?time_unit=DAY&start=${today}&duration=1`)],
  'numbers of plans': [
    sdk.MessageNumbers,
    'GET',
    at(`/v4/status/plan/detail?plan_ids=spring,other&start_date=${today}&end_date=${today}`),
  ],
  'messages of plans': [
    sdk.PlanMessages,
    'GET',
    at(`/v4/status/plan/msg/?plan_ids=spring&start_date=${today}&end_date=${today}`),
  ],
  plan: [sdk.Plan, 'POST', at('/v4/push_plan'), () => ({ plan_id: 'autumn', plan_description: null })],
  plans: [
    sdk.PlanPage,
    'GET',
    at('/v4/push_plan/list?page_index=1&page_size=10&send_source=0&search_description=year'),
  ],
  'deletion of a plan': [sdk.Plan, 'DELETE', at('/v4/push_plan/autumn')],
  picture: [sdk.Picture, 'POST', at('/v4/image/oppo'), () => ({ small_picture_url: 'https://e.x/a.png' })],
  account: [sdk.Account, 'GET', at('/v4/app/vip/status')],
};

test.each(Object.entries(calls))('%s', async (_what, [decoder, method, url, body]) => {
  const { status, json } = await world.call(app, method, url(), body?.());
  expect({ status, refused: json?.error }).toEqual({ status: 200, refused: undefined });
  expect(mistakes(decoder, json)).toEqual([]);
});

test.each(Object.keys(triggers))('schedule, %s', async (name) => {
  const url = `/v4/schedules/${schedules[name]}`;
  const one = await world.call(app, 'GET', url);
  expect(mistakes(sdk.Schedules, one.json)).toEqual([]);
  const changed = await world.call(app, 'PUT', url, { schedule_id: schedules[name], name, trigger: triggers[name] });
  expect(mistakes(sdk.Schedule, changed.json)).toEqual([]);
  expect(mistakes(sdk.ScheduleMessages, (await world.call(app, 'GET', `${url}/msg-ids`)).json)).toEqual([]);
});

test.each([{}, { request_id: 'g1' }])('group push with %j', async (more) => {
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { authorization } = group;
  const { json } = await world.call(
    undefined,
    'POST',
    '/v4/grouppush',
    { to: 'all', ...more, body },
    { headers: { authorization } },
  );
  expect(mistakes(sdk.GroupPushed, json)).toEqual([]);
  expect(json).toMatchObject({ [app.app_key]: { msg_id: expect.any(String) }, [poor.app_key]: { error: {} } });
});

test('a withdrawal', async () => {
  const { json } = await world.call(app, 'POST', '/v4/push', { ...push, request_id: 'w' });
  const withdrawn = await world.call(app, 'DELETE', `/v4/push/withdraw/${json.msg_id}`);
  expect(mistakes(sdk.Pushed, withdrawn.json)).toEqual([]);
});

test.each([
  ['POST', '/v4/push', 400],
  ['GET', '/v4/devices/nobody', 400],
  ['GET', '/v4/nothing', 404],
])('a refusal of %s %s', async (method, url, status) => {
  const answer = await world.call(app, method, url, method === 'POST' ? {} : undefined);
  expect(answer.status).toBe(status);
  expect(mistakes(sdk.ErrorAnswer, answer.json)).toEqual([]);
});

const mistakes = (decoder: TSchema, json: unknown): readonly unknown[] =>
  Value.Errors(decoder, json).map(({ instancePath, message }) => `${instancePath} ${message}`);
