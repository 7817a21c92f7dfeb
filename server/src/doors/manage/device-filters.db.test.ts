// The filters of GET /device that find phones in trouble: failing, not heard of, and how many there are.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

const app_id = 'com.example.filters';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const { db } = server.database;
  await db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: 'Filters' }).execute();
  const device = (device_id: string, offered_version: string | null, running_version: string, daysAgo: number) => ({
    app_id,
    device_id,
    platform: 'android',
    plugin_version: '8.0.0',
    custom_id: '',
    is_emulator: false,
    is_prod: true,
    offered_version,
    running_version,
    seen_at: sql<Date>`now() - make_interval(days => ${daysAgo}::int)`,
  });
  await db
    .insertInto('devices')
    .values([
      device('well', '1.1.0', '1.1.0', 0),
      device('broken', '1.1.0', '1.0.0', 0),
      device('mended', '1.1.0', '1.1.0', 0),
      device('older-fault', '1.1.0', '1.0.0', 0),
      device('gone', null, '1.0.0', 40),
    ])
    .execute();
  const failed = (device_id: string, version_name: string) => ({
    app_id,
    device_id,
    version_name,
    version_build: '1.0.0',
    failures: 1,
  });
  await db
    .insertInto('device_failures')
    .values([failed('broken', '1.1.0'), failed('mended', '1.1.0'), failed('older-fault', '1.0.9')])
    .execute();
});
afterAll(async () => server.close());

async function list(filters: Record<string, string>) {
  const answer = await server.app.inject({
    method: 'GET',
    url: `/device?${new URLSearchParams({ app_id, ...filters })}`,
    headers: { 'x-api-key': server.adminKey },
  });
  const json = answer.json();
  return { status: answer.statusCode, json, ids: json.data?.map((each: { device_id: string }) => each.device_id) };
}

test('failing: what it was offered last failed on it, and it runs another bundle', async () => {
  expect((await list({ failing: 'true' })).ids).toEqual(['broken']);
  expect((await list({ failing: 'false' })).ids).toEqual(['gone', 'mended', 'older-fault', 'well']);
});

test('unheard: not heard of for so many days', async () => {
  expect((await list({ unheard_days: '30' })).ids).toEqual(['gone']);
  expect((await list({ unheard_days: '60' })).ids).toEqual([]);
});

test('the total counts every page, and only what fits', async () => {
  expect((await list({ total: 'true', limit: '2' })).json).toMatchObject({ total: 5, hasMore: true });
  const { json } = await list({ total: 'true', limit: '2' });
  expect((await list({ total: 'true', limit: '2', cursor: json.nextCursor })).json.total).toBe(5);
  expect((await list({ total: 'true', failing: 'true' })).json.total).toBe(1);
  expect((await list({})).json.total).toBeUndefined();
});

test.each([{ unheard_days: '0' }, { unheard_days: 'a week' }, { failing: 'perhaps' }])(
  '%o is refused',
  async (wrong) => {
    expect((await list(wrong)).status).toBe(400);
  },
);
