// The nightly clean-up, rows 168 and 169 of the management reference among its cases.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { APP, addBundle, buildFixture } from '../doors/manage/testing/fixture.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { cleanUp, retentionSeconds } from './retention.ts';

let server: TestServer;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(() => buildFixture(server.database.db));

async function deletedNames(): Promise<string[]> {
  const rows = await server.database.db
    .selectFrom('bundles')
    .select('name')
    .where('deleted', '=', true)
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

async function given(retention: number, ageDays: number): Promise<void> {
  const { db } = server.database;
  await db.updateTable('apps').set({ retention }).where('app_id', '=', APP).execute();
  await db
    .updateTable('bundles')
    .set({ created_at: daysAgo(2) })
    .execute();
  await addBundle(db, APP, '3.0.0', daysAgo(ageDays));
}

test('168: an unused bundle goes, a linked one of the same age stays', async () => {
  await given(86_400, 2);
  await cleanUp(server.parts, new Date());
  expect(await deletedNames()).toEqual(['1.1.0', '3.0.0']);
});

test.each([
  ['169: 30 means days, and ten days are fewer', 30, 10, []],
  ['30 means days, and 31 are more', 30, 31, ['3.0.0']],
  ['0 keeps for ever', 0, 9999, []],
  ['the default of 30 days in seconds', 2_592_000, 31, ['3.0.0']],
])('%s', async (_title, retention, ageDays, expected) => {
  await given(retention, ageDays);
  await cleanUp(server.parts, new Date());
  expect(await deletedNames()).toEqual(expected);
});

test('what was removed stands in the audit log, with the server as actor', async () => {
  await given(86_400, 2);
  await cleanUp(server.parts, new Date());
  const entry = await server.database.db.selectFrom('audit_logs').selectAll().limit(1).executeTakeFirstOrThrow();
  expect(entry).toMatchObject({ table_name: 'app_versions', operation: 'UPDATE', actor_type: 'system' });
});

test('deleted bundles are forgotten after 90 days, overrides after theirs', async () => {
  const { db } = server.database;
  await db
    .updateTable('bundles')
    .set({ deleted: true, deleted_at: daysAgo(91) })
    .where('name', '=', '1.1.0')
    .execute();
  const channel = await db
    .selectFrom('channels')
    .select(['id', 'owner_org'])
    .where('name', '=', 'beta')
    .executeTakeFirstOrThrow();
  const override = { app_id: APP, channel_id: channel.id, owner_org: channel.owner_org };
  await db
    .insertInto('channel_devices')
    .values([
      { ...override, device_id: 'old', updated_at: daysAgo(91) },
      { ...override, device_id: 'new', updated_at: daysAgo(89) },
    ])
    .execute();
  await cleanUp(server.parts, new Date());
  expect((await db.selectFrom('bundles').select('name').execute()).map(({ name }) => name)).toEqual(['1.0.0']);
  expect((await db.selectFrom('channel_devices').select('device_id').execute()).map((row) => row.device_id)).toEqual([
    'new',
  ]);
});

test('seconds and days', () => {
  expect([0, 1, 730, 731, 2_592_000].map(retentionSeconds)).toEqual([undefined, 86_400, 63_072_000, 731, 2_592_000]);
});
