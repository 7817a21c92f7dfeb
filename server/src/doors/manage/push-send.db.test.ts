// Push sent by hand from the management door: whom it would reach, the sending, and what became of it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';

let world: PushWorld;
let app: TestApp;
let other: TestApp;
let bare: TestApp;
let group_key: string;

beforeAll(async () => {
  world = await startPushWorld();
  [app, other, bare] = [await world.createApp(), await world.createApp(), await world.createApp(['fcm'])];
  await world.addBrowser(app);
  await world.addBrowser(app);
  await world.addPhone(app, 'android', 'token-of-a-phone-of-the-first-app');
  await world.addBrowser(other);
  ({ group_key } = await world.createGroup([app, other, bare]));
});
afterAll(async () => world.close());

const say = (alert: string, options = {}) => ({
  to: 'all',
  body: { platform: 'all', notification: { alert, web: { title: 'News', url: 'https://e.x/' } }, options },
});

async function ask(method: 'GET' | 'POST', url: string, body: object) {
  const answer = await world.server.app.inject({
    method,
    url: method === 'GET' ? `${url}?${new URLSearchParams(body as Record<string, string>)}` : url,
    headers: { authorization: world.server.adminKey },
    ...(method === 'POST' && { payload: body }),
  });
  return { status: answer.statusCode, json: JSON.parse(answer.body) };
}

const messagesOf = async ({ app_id }: TestApp) => (await ask('GET', '/push/messages', { app_id })).json;

test('the preview counts by platform, names who is left out, and sends nothing', async () => {
  const { app_id } = app;
  expect(await ask('POST', '/push/reach', { app_id, push: say('x') })).toMatchObject({
    status: 200,
    json: { devices: 3, is_more: false, platforms: { android: 1, web: 2 }, skipped: [] },
  });
  const nobody = { ...say('x'), to: { tag: ['nobody'] } };
  expect((await ask('POST', '/push/reach', { app_id, push: nobody })).json).toMatchObject({ devices: 0 });
  const left = await ask('POST', '/push/reach', { app_id: bare.app_id, push: say('x') });
  expect(left.json).toMatchObject({
    devices: 0,
    skipped: expect.arrayContaining([{ platform: 'web', reason: expect.any(String) }]),
  });
  expect(await messagesOf(app)).toEqual([]);
});

test('a selector that is not understood is refused, not ignored', async () => {
  const push = { ...say('x'), to: { tags: ['gold'] } };
  for (const url of ['/push/reach', '/push/send']) {
    expect(await ask('POST', url, { app_id: app.app_id, push })).toMatchObject({
      status: 400,
      json: { error: 'push_field_unknown', message: expect.stringContaining('to.tags') },
    });
  }
  expect(await messagesOf(app)).toEqual([]);
});

test('what is sent names its sender, is written down, and a repetition sends nothing again', async () => {
  const { app_id } = app;
  const push = say('Sale today', { cid: 'by-hand-1' });
  const sent = await ask('POST', '/push/send', { app_id, push });
  expect(sent).toMatchObject({ status: 200, json: { msg_id: expect.stringMatching(/^\d+$/), skipped: [] } });
  const { msg_id } = sent.json;
  expect((await ask('POST', '/push/send', { app_id, push })).json.msg_id).toBe(msg_id);
  await world.settle(msg_id);
  expect(await messagesOf(app)).toMatchObject([{ msg_id, title: 'News', text: 'Sale today', targets: 3, sent: 3 }]);
  expect((await ask('GET', '/push/message', { app_id, msg_id })).json).toMatchObject({
    msg_id,
    state: 'sent',
    sender: expect.stringContaining('@'),
    title: 'News',
    text: 'Sale today',
    audience: { all: true },
    targets: 3,
    sent: 3,
    failed: 0,
    buckets: [
      { platform: 'android', bucket: 'fcm', targets: 1, sent: 1 },
      { platform: 'web', bucket: 'chrome', targets: 2, sent: 2 },
    ],
    reasons: [],
  });
  const audit = await ask('GET', '/organization/audit', { orgId: world.server.orgId, tableName: 'push_messages' });
  expect(audit.json.data).toMatchObject([{ operation: 'INSERT', record_id: msg_id, new_record: { app_id, msg_id } }]);
});

test('a message of another app is not found', async () => {
  const [{ msg_id }] = await messagesOf(app);
  expect((await ask('GET', '/push/message', { app_id: other.app_id, msg_id })).status).toBe(404);
});

test('a group is counted, sent to, and followed app by app; one that refuses says why', async () => {
  const { orgId } = world.server;
  const push = {
    ...say('To all'),
    body: { platform: ['web'], notification: { web: { alert: 'To all', url: 'https://e.x/' } } },
  };
  const reach = await ask('POST', '/push/group/reach', { orgId, group_key, push });
  expect(reach.json).toMatchObject({
    devices: 3,
    apps: [
      { app_id: app.app_id, devices: 2, refusal: null },
      { app_id: other.app_id, devices: 1, refusal: null },
      { app_id: bare.app_id, devices: 0 },
    ],
  });
  const sent = await ask('POST', '/push/group/send', { orgId, group_key, push });
  expect(sent.json.apps).toMatchObject([
    { app_id: app.app_id, msg_id: expect.any(String), refusal: null },
    { app_id: other.app_id, msg_id: expect.any(String), refusal: null },
    { app_id: bare.app_id, msg_id: null, refusal: expect.stringContaining('No target') },
  ]);
  const { group_msgid, apps } = sent.json;
  for (const { msg_id } of apps) if (msg_id !== null) await world.settle(msg_id);
  expect((await ask('GET', '/push/group/message', { orgId, group_msgid })).json).toMatchObject({
    group_key,
    group_name: 'Group',
    targets: 3,
    sent: 3,
    apps: [
      { app_id: app.app_id, targets: 2, sent: 2 },
      { app_id: other.app_id, targets: 1, sent: 1 },
    ],
  });
  const audit = await ask('GET', '/organization/audit', { orgId, tableName: 'push_messages' });
  expect(audit.json.data[0]).toMatchObject({ record_id: group_msgid, new_record: { group_key, group_msgid } });
});

test('a group of another organization does not exist', async () => {
  const { orgId } = world.server;
  const wrong = { orgId, group_key: 'f'.repeat(24), push: say('x') };
  for (const url of ['/push/group/reach', '/push/group/send']) {
    expect(await ask('POST', url, wrong)).toMatchObject({ status: 404, json: { error: 'group_not_found' } });
  }
  expect((await ask('GET', '/push/group/message', { orgId, group_msgid: 'none' })).status).toBe(404);
});
