// Several processes on one PostgreSQL server: what one of them writes, or reads for long, holds up no other.

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { openDatabase } from '../db/open.ts';
import { RollupSlot } from '../db/rollup-slot.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { Snapshots } from '../updates/snapshot.ts';
import { DAY_MS, utcDay } from '../utc-day.ts';
import type { StatsEvent } from './event.ts';
import { foldSlots } from './fold-slots.ts';
import type { Heard } from './heard.ts';
import { readOutcomes } from './outcomes.ts';
import { dropPartitionsBefore, Partitions } from './partitions.ts';
import { Recorder } from './record.ts';

const app_id = 'com.example.writers';
let server: TestServer;
const opened: Database[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await server.database.db
    .insertInto('apps')
    .values({ app_id, owner_org: server.orgId, name: app_id } as never)
    .execute();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const nowMs = Date.now();
const anEvent = (device_id: string, change: Partial<StatsEvent> = {}): StatsEvent => ({
  ...{ app_id, device_id, action: 'set', version_name: '1.1.0', bundle_name: '1.1.0', old_version_name: null },
  ...{ old_bundle_name: '', platform: 'ios', plugin_version: '8.51.14', version_build: '1.0.0', is_prod: true },
  ...{ is_emulator: false, channel: 'production', metadata: null, occurredMs: nowMs, receivedMs: nowMs },
  ...{ dedupe_key: null, rollup: true, ...change },
});
const aWord = (device_id: string, signal: Heard['signal']): Heard => ({
  ...{ app_id, device_id, bundle_name: '1.1.0', signal, channel: 'production', platform: 'ios' },
  ...{ version_build: '1.0.0', is_test: false },
});
const count = async (text: string, ...values: unknown[]) =>
  Number(Object.values((await server.database.query(text, values)).rows[0]!)[0]);

test('counts of two writers that share devices are exact, and so they stay when slots are folded', async () => {
  const recorders = [0, 1].map((current) => new Recorder(server.database, undefined, { slot: { current } }));
  const devices = Array.from({ length: 60 }, () => randomUUID());
  const work: Promise<void>[] = [];
  for (const signal of ['offered', 'downloaded', 'running'] as const) {
    for (const [index, recorder] of recorders.entries()) {
      const own = index === 0 ? devices : devices.toReversed();
      for (let from = 0; from < own.length; from += 20) {
        const some = own.slice(from, from + 20);
        work.push(
          recorder.record(
            some.map((each) => anEvent(each)),
            some.map((each) => aWord(each, signal)),
          ),
        );
      }
    }
    await Promise.all(work);
  }
  const total = async () => {
    const query = {
      app_id,
      from: new Date(nowMs - DAY_MS),
      to: new Date(Date.now() + 60_000),
      bucket: 'hour',
    } as const;
    return (await readOutcomes(server.database.db, query)).total;
  };
  const expected = { offered: 0, downloaded: 0, running: 60, reached: { offered: 60, downloaded: 60, running: 60 } };
  expect(await total()).toMatchObject(expected);
  expect(await count('select count(distinct slot) from stats_daily where app_id = $1', app_id)).toBe(2);
  await foldSlots(server.database, utcDay(nowMs + DAY_MS));
  expect(await count('select count(distinct slot) from stats_daily where app_id = $1', app_id)).toBe(1);
  expect(await count(`select sum(count) from stats_daily where app_id = $1 and action = 'set'`, app_id)).toBe(360);
  expect(await total()).toMatchObject(expected);
});

test('slots are folded while others count in them', async () => {
  const recorders = [0, 1, 2].map((current) => new Recorder(server.database, undefined, { slot: { current } }));
  const action = 'app_launch_ready';
  for (let turn = 0; turn < 15; turn++) {
    const counting = recorders.map((each) => {
      const devices = Array.from({ length: 10 }, () => randomUUID());
      const heard = devices.flatMap((device) => [aWord(device, 'offered'), aWord(device, 'crashed')]);
      return each.record(
        devices.map((device) => anEvent(device, { action })),
        heard,
      );
    });
    await Promise.all([...counting, foldSlots(server.database, utcDay(nowMs + DAY_MS))]);
  }
  expect(await count('select sum(count) from stats_daily where app_id = $1 and action = $2', app_id, action)).toBe(450);
  await foldSlots(server.database, utcDay(nowMs + DAY_MS));
  const crashed = `from outcome_counts where app_id = $1 and word = 7 and grain = 'day'`;
  expect(await count(`select sum(entered) ${crashed}`, app_id)).toBe(450);
  expect(await count(`select count(distinct slot) ${crashed}`, app_id)).toBe(1);
});

// An embedded database has one connection, and so one writer.
if (inject('testDatabase').engine === 'postgres') {
  const another = async () => {
    const database = await openDatabase({ url: server.database.url, poolSize: 2 });
    opened.push(database);
    return database;
  };

  test('sixteen processes have a slot each, a seventeenth shares one, and a slot that is given back is taken', async () => {
    const slots = Array.from({ length: 17 }, () => new RollupSlot(server.database));
    await server.parts.slot.release();
    for (const slot of slots) await slot.lease();
    const taken = slots.slice(0, 16).map(({ current }) => current);
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, at) => at));
    expect(slots[16]!.current).toBe(0);
    await slots[5]!.release();
    const late = new RollupSlot(server.database);
    await late.lease();
    expect(late.current).toBe(slots[5]!.current);
    for (const slot of [...slots, late]) await slot.release();
  });

  test('a batch that is not committed holds up no other on the same app', async () => {
    const slow = await another();
    const recorder = new Recorder(server.database, undefined, { slot: { current: 1 } });
    await recorder.record([anEvent(randomUUID())]);
    await slow.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query(
        `insert into stats_daily (app_id, day, version_name, channel, platform, action, slot, count)
         values ($1, $2, '1.1.0', 'production', 'ios', 'set', 2, 1)`,
        [app_id, utcDay(nowMs)],
      );
      await connection.query('select from apps where app_id = $1 for update', [app_id]);
      await recorder.record([anEvent(randomUUID())]);
      await connection.query('rollback', []);
    });
  });

  test('a row in which somebody counts is not waited for, and folded the next time', async () => {
    const writer = await another();
    const late = { slot: { current: 3 } };
    for (const action of ['reset', 'delete']) {
      await new Recorder(server.database, undefined, late).record([anEvent(randomUUID(), { action })]);
    }
    const unfolded = () => count(`select count(*) from stats_daily where app_id = $1 and slot = 3`, app_id);
    await writer.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query(
        `update stats_daily set count = count + 1 where app_id = $1 and slot = 3 and action = 'reset'`,
        [app_id],
      );
      await foldSlots(server.database, utcDay(nowMs + DAY_MS));
      await connection.query('commit', []);
    });
    expect(await unfolded()).toBe(1);
    await foldSlots(server.database, utcDay(nowMs + DAY_MS));
    expect(await unfolded()).toBe(0);
    expect(await count(`select sum(count) from stats_daily where app_id = $1 and action = 'reset'`, app_id)).toBe(2);
  });

  test('a long query stops neither midnight nor the events of a day that is made meanwhile, nor retention', async () => {
    const reader = await another();
    const partitions = new Partitions(server.database);
    await partitions.ensure(['2026-01-02']);
    await reader.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query('select count(*) from stats_events where app_id = $1', [app_id]);
      await partitions.ensure(['2026-01-03']);
      const recorder = new Recorder(server.database);
      await recorder.record([anEvent(randomUUID(), { occurredMs: Date.parse('2026-01-04T00:00:00Z') })]);
      await connection.query('commit', []);
    });
    expect(await dropPartitionsBefore(server.database, '2026-01-04')).toEqual([
      'stats_events_20260102',
      'stats_events_20260103',
    ]);
  });

  test('a bad hour: what fails is known here at once, elsewhere within two seconds, and nothing is notified', async () => {
    const other = await another();
    const snapshots = new Snapshots(other);
    await snapshots.start();
    const heard: string[] = [];
    await other.listen(
      'overair_release',
      (payload) => heard.push(payload),
      () => {},
    );
    const devices = Array.from({ length: 200 }, () => randomUUID());
    await server.parts.snapshots.get(app_id);
    await snapshots.get(app_id);
    for (let again = 0; again < 2; again++) {
      await server.parts.recorder.record(devices.map((each) => anEvent(each, { action: 'update_fail' })));
    }
    /** By what is in memory: nothing is read for it. */
    const blocked = (each: Snapshots) => {
      const state = each.get(app_id);
      if (state instanceof Promise) return undefined;
      return devices.filter((device) => state?.failures.get(device)?.[0]?.didNotStart === true).length;
    };
    expect(blocked(server.parts.snapshots)).toBe(200);
    await vi.waitFor(() => expect(blocked(snapshots)).toBe(200), { timeout: 2_000, interval: 20 });
    expect(heard.filter((payload) => payload.includes('failed'))).toEqual([]);
    snapshots.stop();
  });

  test('a failure that is committed late is not lost to who polls', async () => {
    const [late, other] = [await another(), await another()];
    const snapshots = new Snapshots(other);
    await snapshots.start();
    await snapshots.get(app_id);
    const device_id = randomUUID();
    const fail = `insert into device_failures (app_id, device_id, version_name, version_build, failures) values ($1, $2, '1.1.0', '1.0.0', 2)`;
    await late.withConnection(async (connection) => {
      await connection.query('begin', []);
      await connection.query(fail, [app_id, device_id]);
      // Later rows are committed, and read, before it.
      await server.database.query(fail, [app_id, randomUUID()]);
      await snapshots.caughtUp();
      await connection.query('commit', []);
    });
    await snapshots.caughtUp();
    const state = await snapshots.get(app_id);
    expect(state?.failures.get(device_id)).toMatchObject([{ didNotStart: true }]);
    snapshots.stop();
  });

  test('many overrides in one statement are one announcement', async () => {
    const heard: string[] = [];
    const other = await another();
    await other.listen(
      'overair_release',
      (payload) => heard.push(payload),
      () => {},
    );
    await server.database.query(
      `with channel as (insert into channels (app_id, owner_org, name) values ($1, $2, 'beta') returning id)
       insert into channel_devices (app_id, device_id, channel_id, owner_org)
       select $1, 'device ' || n, id, $2 from channel, generate_series(1, 5000) n`,
      [app_id, server.orgId],
    );
    await server.parts.snapshots.caughtUp();
    await vi.waitFor(() => expect(heard.filter((each) => each.includes(app_id)).length).toBeGreaterThan(0));
    expect(heard.filter((each) => each.includes('device'))).toEqual([]);
  });
}
