// The JSON types that decoders of the dialect's SDKs insist on: a wrong one breaks a real caller.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld, type TestApp, type TestBrowser } from '../../testing/push-world.ts';

let world: PushWorld;
let app: TestApp;
let browser: TestBrowser;
let msg_id: string;
const body = { platform: 'web', notification: { web: { alert: 'x', url: 'https://e.x/' } } };

beforeAll(async () => {
  world = await startPushWorld();
  app = await world.createApp();
  browser = await world.addBrowser(app);
  await world.call(app, 'POST', '/v4/push_plan', { plan_id: 'spring' });
  const push = { to: 'all', body: { ...body, options: { plan_id: 'spring' } } };
  msg_id = (await world.call(app, 'POST', '/v4/push', push)).json.msg_id;
  await world.settle(msg_id);
});
afterAll(async () => world.close());

const text = expect.any(String);
const today = new Date().toISOString().slice(0, 10);
const integer = expect.any(Number);
const users = { new: integer, active: integer, online: integer };
const counters = { targets: integer, sent: integer, delivered: integer, impressions: integer, clicks: integer };

interface Row {
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: () => string;
  readonly body?: () => unknown;
  readonly shape: () => unknown;
}

const statusRow = () => ({
  message_id: msg_id,
  registration_id: browser.registration_id,
  status: 'sent',
  error_code: integer,
  error_message: '',
  itime: integer,
  channel: 'Chrome',
});

const rows: readonly Row[] = [
  {
    what: 'validate',
    method: 'POST',
    url: () => '/v4/push/validate',
    body: () => ({ to: 'all', body }),
    shape: () => ({ request_id: '', msg_id: text }),
  },
  {
    what: 'batch: ids are numbers, failures have no id',
    method: 'POST',
    url: () => '/v4/batch/push/regid',
    body: () => ({
      requests: [
        { target: browser.registration_id, ...body },
        { target: 'nobody', ...body },
      ],
    }),
    shape: () => ({
      results: {
        [browser.registration_id]: { target: browser.registration_id, success: true, msg_id: integer },
        nobody: { target: 'nobody', success: false, error: { code: 20101, message: text } },
      },
    }),
  },
  { what: 'tags', method: 'GET', url: () => '/v4/tags', shape: () => ({ tags: [] }) },
  { what: 'alias of nobody', method: 'GET', url: () => '/v4/aliases/none', shape: () => ({ registration_ids: [] }) },
  {
    what: 'membership',
    method: 'GET',
    url: () => `/v4/tags/a/registration_ids/${browser.registration_id}`,
    shape: () => ({ result: false }),
  },
  {
    what: 'empty list of schedules',
    method: 'GET',
    url: () => '/v4/schedules?page=3',
    shape: () => ({ total_count: 0, total_pages: 0, page: 3, schedules: [] }),
  },
  {
    what: 'status of devices, keyed by id',
    method: 'GET',
    url: () => `/v4/status/message?message_id=${msg_id}&registration_ids=${browser.registration_id}`,
    shape: () => ({ [browser.registration_id]: statusRow() }),
  },
  {
    what: 'status of messages, as a list',
    method: 'GET',
    url: () => `/v4/status/batch/message?message_ids=${msg_id}`,
    shape: () => [statusRow()],
  },
  {
    what: 'users per day',
    method: 'GET',
    url: () => `/v4/status/users?time_unit=day&start=${today}&duration=1`,
    shape: () => ({
      TimeUnit: 'DAY',
      time_unit: 'DAY',
      start: today,
      duration: 1,
      items: [{ time: today, android: users, ios: users, hmos: users, web: { new: 1, active: 1, online: 1 } }],
    }),
  },
  ...[
    ['HOUR', `${today} 00`, 24],
    ['MONTH', today.slice(0, 7), 1],
  ].map(([unit, start, duration]) => ({
    what: `users per ${unit}`,
    method: 'GET' as const,
    url: () => `/v4/status/users?time_unit=${unit}&start=${start}&duration=${duration}`,
    shape: () => expect.objectContaining({ time_unit: unit, start, duration, items: expect.any(Array) }),
  })),
  {
    what: 'messages of a plan',
    method: 'GET',
    url: () => '/v4/status/plan/msg/?plan_ids=spring',
    shape: () => ({ spring: { msg_ids: [msg_id] } }),
  },
  {
    what: 'numbers of a plan',
    method: 'GET',
    url: () => '/v4/status/plan/detail?plan_ids=spring',
    shape: () => ({ spring: expect.objectContaining({ ...counters, plan_id: 'spring', pushContent: {} }) }),
  },
  {
    what: 'unknown messages are left out',
    method: 'GET',
    url: () => '/v4/status/detail?message_ids=5',
    shape: () => ({}),
  },
  {
    what: 'account',
    method: 'GET',
    url: () => '/v4/app/vip/status',
    shape: () => ({ vip_status: 1, vip_end_time: 4_102_444_800 }),
  },
  {
    what: 'picture',
    method: 'POST',
    url: () => '/v4/image/oppo',
    body: () => ({ big_picture_url: 'https://e.x/a.png' }),
    shape: () => ({ big_picture_id: text }),
  },
  { what: 'plan deletion', method: 'DELETE', url: () => '/v4/push_plan/batch/a,b', shape: () => ({ success: true }) },
];

test.each(rows)('$what', async (row) => {
  const answer = await world.call(app, row.method, row.url(), row.body?.());
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.json).toEqual(row.shape());
});

test('a voice is stored and served at its URL', async () => {
  const form = new FormData();
  form.set('language', 'en');
  form.set('file', new Blob(['sound'], { type: 'audio/mpeg' }), 'a.mp3');
  const request = new Request('http://x/', { method: 'POST', body: form });
  const saved = await world.server.app.inject({
    method: 'POST',
    url: '/v4/voices',
    headers: { authorization: app.authorization, 'content-type': request.headers.get('content-type') ?? '' },
    payload: Buffer.from(await request.arrayBuffer()),
  });
  expect(saved.json()).toEqual({ language: 'en', file_url: text });
  const { pathname } = new URL(saved.json().file_url);
  const served = await world.server.app.inject({ method: 'GET', url: pathname });
  expect(served).toMatchObject({ statusCode: 200, body: 'sound', headers: { 'content-type': 'audio/mpeg' } });
  expect((await world.call(app, 'GET', '/v4/voices')).json).toHaveLength(1);
});
