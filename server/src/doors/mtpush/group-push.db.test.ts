import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld } from '../../testing/push-world.ts';

let world: PushWorld;
beforeAll(async () => {
  world = await startPushWorld({ workers: true });
});
afterAll(async () => world.close());

const W = { platform: 'web', notification: { web: { alert: 'x', title: 't', url: 'https://e.x/' } } };

test('one group call reaches a browser of every app, encrypted for it', async () => {
  const apps = [await world.createApp(), await world.createApp()];
  const browsers = [await world.addBrowser(apps[0]!), await world.addBrowser(apps[1]!)];
  const group = await world.createGroup(apps);
  const { authorization } = group;
  const answer = await world.call(
    undefined,
    'POST',
    '/v4/grouppush',
    { to: 'all', body: W, request_id: 'r1' },
    {
      headers: { authorization },
    },
  );
  expect(answer.status).toBe(200);
  expect(answer.json.group_msgid).toMatch(/^[0-9a-v]{20}$/);
  for (const [index, app] of apps.entries()) {
    const { msg_id, request_id } = answer.json[app.app_key];
    expect(request_id).toBe('r1');
    await world.settle(msg_id);
    const message = JSON.parse(browsers[index]!.received[0]!.text);
    expect(message).toMatchObject({ title: 't', body: 'x', tag: msg_id, data: { msg_id, url: 'https://e.x/' } });
  }
  expect(world.service.violations).toEqual([]);
});

test('apps that are asked about together keep to themselves: who is there, and which tags are theirs', async () => {
  const [tagged, untagged, empty, phones] = [
    await world.createApp(),
    await world.createApp(),
    await world.createApp(),
    await world.createApp(),
  ];
  const [gold, plain] = [await world.addBrowser(tagged), await world.addBrowser(untagged)];
  await world.addPhone(phones, 'android', 'token-of-the-fourth-app');
  const path = `/v4/devices/${gold.registration_id}`;
  expect((await world.call(tagged, 'POST', path, { tags: { add: ['gold'] } })).status).toBe(200);
  const group = await world.createGroup([tagged, untagged, empty, phones]);
  const send = async (to: unknown) => {
    const { status, json } = await world.call(
      undefined,
      'POST',
      '/v4/grouppush',
      { to, body: W },
      {
        headers: { authorization: group.authorization },
      },
    );
    expect(status).toBe(200);
    const outcome = (app: { app_key: string }) => json[app.app_key].error?.code ?? typeof json[app.app_key].msg_id;
    for (const app of [tagged, untagged]) {
      const { msg_id } = json[app.app_key];
      if (msg_id) await world.settle(msg_id);
    }
    return [tagged, untagged, empty, phones].map(outcome);
  };
  expect(await send('all')).toEqual(['string', 'string', 21011, 21011]);
  expect(await send({ tag: ['gold'] })).toEqual(['string', 21011, 21011, 21011]);
  expect([gold.received.length, plain.received.length]).toEqual([2, 1]);
});

test('a tag of many who are gone still reaches the one who is there', async () => {
  const app = await world.createApp();
  // Older than the browser, and as many as are looked at before the answer is given.
  await sql`insert into push_devices (app_id, registration_id, platform, channel, active)
    select ${app.app_id}::text, 'gone' || n, 'web', 'webpush', false from generate_series(1, 1000) n`.execute(
    world.server.database.db,
  );
  await sql`insert into push_device_tags (app_id, tag, device)
    select app_id, 'gold', id from push_devices where app_id = ${app.app_id}`.execute(world.server.database.db);
  const browser = await world.addBrowser(app);
  const path = `/v4/devices/${browser.registration_id}`;
  expect((await world.call(app, 'POST', path, { tags: { add: ['gold'] } })).status).toBe(200);
  const { status, json } = await world.call(app, 'POST', '/v4/push', { to: { tag: ['gold'] }, body: W });
  expect({ status, json }).toMatchObject({ status: 200 });
  await world.settle(json.msg_id);
  expect(browser.received).toHaveLength(1);
});
