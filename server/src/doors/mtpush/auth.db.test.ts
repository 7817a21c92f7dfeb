// Wrong passwords are told to wait; the right one passes whatever others behind its address did.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGroup, enablePush } from '../../push/owner/apps.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
const credentials = { app: '', otherApp: '', group: '' };

beforeAll(async () => {
  server = await startTestServer();
  const { db } = server.database;
  const makeApp = async (app_id: string) => {
    await db.insertInto('apps').values({ app_id, name: app_id, owner_org: server.orgId }).execute();
    const { app_key, master_secret } = await enablePush(db, { app_id, owner_org: server.orgId });
    return `${app_key}:${master_secret}`;
  };
  credentials.app = await makeApp('com.demo.one');
  credentials.otherApp = await makeApp('com.demo.two');
  const { group_key, group_secret } = await createGroup(db, { owner_org: server.orgId, name: 'g' });
  credentials.group = `group-${group_key}:${group_secret}`;
});
afterAll(() => server.close());

async function ask(url: string, userAndPassword: string, remoteAddress: string): Promise<number | undefined> {
  const authorization = `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
  const method = url === '/v4/tags' ? 'GET' : 'POST';
  const answer = await server.app.inject({ method, url, headers: { authorization }, payload: '{}', remoteAddress });
  return answer.json().error?.code;
}

const wrong = (right: string) => `${right.split(':')[0]}:wrong`;

test.each([
  ['an app', '/v4/tags', () => credentials.app, '192.0.2.1'],
  ['a group', '/v4/grouppush', () => credentials.group, '192.0.2.2'],
] as const)('of %s: ten wrong ones, then 23008 for wrong ones alone', async (_who, url, right, address) => {
  for (let guess = 0; guess < 10; guess += 1) expect(await ask(url, wrong(right()), address)).toBe(21004);
  expect(await ask(url, wrong(right()), address)).toBe(23008);
  expect([21004, 23008]).not.toContain(await ask(url, right(), address));
  expect(await ask(url, wrong(credentials.otherApp), address)).not.toBe(23008);
  expect(await ask(url, wrong(right()), '192.0.2.3')).toBe(21004);
});
