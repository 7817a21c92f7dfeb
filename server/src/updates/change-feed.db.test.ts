// The feed of changes that no commit notifies of: each is told once, whatever else is open, and kept for an hour.

import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openDatabase } from '../db/open.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { ChangeFeed, changeFeedExpiryQueue } from './change-feed.ts';

const { engine } = inject('testDatabase');
const app_id = 'com.example.feed';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.database.db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: app_id }).execute();
});
afterAll(() => server.close());

const failsTwice = (version_name: string) =>
  server.database.query(
    `insert into device_failures (app_id, device_id, version_name, version_build, failures) values ($1, 'd', $2, '1.0.0', 2)`,
    [app_id, version_name],
  );

// An embedded database has one connection: nobody else has a transaction open.
if (engine === 'postgres') {
  test('what was told is not read again, however long another transaction that writes stays open', async () => {
    const other = await openDatabase({ url: server.database.url, poolSize: 1 });
    const read: unknown[] = [];
    const feed = new ChangeFeed({
      database: {
        ...server.database,
        async query(text, values) {
          const answer = await server.database.query(text, values);
          const changes = answer.rows[0]?.['changes'];
          if (Array.isArray(changes)) read.push(...changes);
          return answer;
        },
      },
      onChange: () => {},
      onGap: () => {},
      isNeeded: () => false,
    });
    await other.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query('select pg_current_xact_id()', []);
      await feed.start();
      for (const name of ['1', '2', '3']) {
        await failsTwice(name);
        await feed.poll();
      }
      await connection.query('commit', []);
    });
    await feed.poll();
    feed.stop();
    expect(read.map((each) => (each as { failed: string }).failed)).toEqual(['1', '2', '3']);
    await other.close();
  });
} else {
  test('an embedded database that nobody wrote to for an hour outdates nothing', async () => {
    const { snapshots } = server.parts;
    const state = await snapshots.get(app_id);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000);
    try {
      await snapshots.caughtUp();
      expect(snapshots.get(app_id)).toBe(state);
    } finally {
      clock.mockRestore();
    }
  });
}

test('rows are kept for an hour', async () => {
  const { database } = server;
  await database.query('delete from change_feed', []);
  for (const [minutes, change] of [
    [61, 'old'],
    [59, 'young'],
  ]) {
    await database.query(
      `insert into change_feed (app_id, detail, at) values ($1, $2, now() - make_interval(mins => $3::int))`,
      [app_id, JSON.stringify({ change }), minutes],
    );
  }
  await changeFeedExpiryQueue({ database }).run({}, new AbortController().signal);
  const { rows } = await database.query('select detail from change_feed', []);
  expect(rows).toEqual([{ detail: { change: 'young' } }]);
});
