// Recording: acknowledged means committed, a repetition counts once, and nobody's bad row costs another's event.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { removeApp } from '../accounts/apps.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { dedupeKey, type StatsEvent } from './event.ts';
import { sweepOutcomes } from './outcome-retention.ts';
import { dropPartitionsBefore, Partitions } from './partitions.ts';
import { Recorder } from './record.ts';
import { Served } from './served.ts';

const noonMs = Date.parse('2026-11-20T12:00:00Z');
let server: TestServer;
let database: Database;
let app_id: string;
let apps = 0;

beforeAll(async () => {
  server = await startTestServer();
  database = server.database;
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = await newApp();
});

async function newApp(): Promise<string> {
  const name = `com.example.record${apps++}`;
  await database.db.insertInto('apps').values({ app_id: name, owner_org: server.orgId, name }).execute();
  return name;
}

function anEvent({ timestamp, ...change }: Partial<StatsEvent> & { timestamp?: number } = {}): StatsEvent {
  const event: StatsEvent = {
    app_id,
    device_id: randomUUID(),
    action: 'set',
    version_name: '1.0.0',
    bundle_name: '1.0.0',
    old_version_name: null,
    old_bundle_name: '',
    platform: 'android',
    plugin_version: '8.51.14',
    version_build: '1.0.0',
    is_prod: true,
    is_emulator: false,
    channel: 'production',
    metadata: null,
    occurredMs: timestamp ?? noonMs,
    receivedMs: noonMs,
    dedupe_key: null,
    rollup: true,
    ...change,
  };
  return { ...event, dedupe_key: dedupeKey(event, timestamp, Object.entries(event.metadata ?? {})) };
}

async function count(text: string, ...values: unknown[]): Promise<number> {
  const { rows } = await database.query(text, values);
  return Number(Object.values(rows[0] ?? {})[0]);
}
const eventsOf = (app: string) => count('select count(*) from stats_events where app_id = $1', app);
const rollupOf = (app: string, action = 'set') =>
  count('select coalesce(sum(count), 0) from stats_daily where app_id = $1 and action = $2', app, action);

/** The same database; `onQuery` sees each statement first. */
function overhear(onQuery: (text: string) => Promise<void> | void): Database {
  return {
    ...database,
    async query(text, values) {
      await onQuery(text);
      return database.query(text, values);
    },
  };
}

describe('group commit', () => {
  test('many requests share few commits, and each is there when it is acknowledged', async () => {
    let statements = 0;
    const recorder = new Recorder(overhear(() => void statements++));
    await recorder.record([anEvent()]);
    statements = 0;
    const seen = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const event = anEvent();
        await recorder.record([event]);
        return count('select count(*) from stats_events where device_id = $1', event.device_id);
      }),
    );
    expect(seen.every((each) => each === 1)).toBe(true);
    expect(statements).toBeLessThan(20);
    expect(recorder.waitingRows).toBe(0);
  });

  test('a request is whole: all of its events or none', async () => {
    const recorder = new Recorder(database);
    const bad = anEvent({ metadata: { a: '\0' } });
    await expect(recorder.record([anEvent(), bad, anEvent()])).rejects.toThrow();
    expect(await eventsOf(app_id)).toBe(0);
    expect(await rollupOf(app_id)).toBe(0);
  });

  test.each([
    ['text that cannot be stored', { metadata: { a: '\0' } }],
    ['a value that no index takes', { channel: Array.from({ length: 400 }, () => randomUUID()).join('') }],
    ['a date that does not exist', { dedupe_key: 'not a uuid' }],
  ])('%s fails its own request alone', async (_what, change) => {
    const recorder = new Recorder(database);
    const requests = Array.from({ length: 40 }, (_, n) =>
      recorder.record([n === 17 ? { ...anEvent(), ...change } : anEvent()]),
    );
    const outcomes = await Promise.allSettled(requests);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(outcomes.map((_, n) => n !== 17));
    expect(await eventsOf(app_id)).toBe(39);
    expect(await rollupOf(app_id)).toBe(39);
  });

  test('a database that fails refuses what waited, and the next request is stored', async () => {
    let fails = true;
    const recorder = new Recorder(
      overhear(() => {
        if (fails) throw Object.assign(new Error('the connection is gone'), { code: '57P01' });
      }),
    );
    const outcomes = await Promise.allSettled([recorder.record([anEvent()]), recorder.record([anEvent()])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    await recorder.record([anEvent()]);
    expect(await eventsOf(app_id)).toBe(1);
  });

  test('a deadlock with another process is tried again, and costs nobody an event', async () => {
    let deadlocks = 1;
    const recorder = new Recorder(
      overhear((text) => {
        if (!text.includes('insert into stats_events') || deadlocks === 0) return;
        deadlocks--;
        throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      }),
    );
    await Promise.all([recorder.record([anEvent(), anEvent()]), recorder.record([anEvent()])]);
    expect(deadlocks).toBe(0);
    expect(await eventsOf(app_id)).toBe(3);
    expect(await rollupOf(app_id)).toBe(3);
    deadlocks = 2;
    await expect(recorder.record([anEvent()]), 'not for ever').rejects.toMatchObject({ code: '40P01' });
    expect(await eventsOf(app_id)).toBe(3);
  });

  test('nothing to record is nothing to wait for', async () => {
    await new Recorder(overhear(() => Promise.reject(new Error('asked')))).record([]);
  });
});

describe('back-pressure', () => {
  async function fill(recorder: Recorder, request: () => StatsEvent[]) {
    const accepted: Promise<void>[] = [];
    for (let n = 0; n < 200; n++) {
      const waiting = recorder.waitingRows;
      const recorded = recorder.record(request());
      recorded.catch(() => {});
      if (recorder.waitingRows === waiting) return { accepted, refused: recorded };
      accepted.push(recorded);
    }
    throw new Error('never refused');
  }

  test.each([
    ['rows', () => Array.from({ length: 5_000 }, () => anEvent()), 50_000],
    ['memory', () => Array.from({ length: 50 }, () => anEvent({ metadata: { a: 'x'.repeat(60_000) } })), 1_200],
  ])('when too much waits, by %s', async (_what, request, atMost) => {
    const gate = Promise.withResolvers<void>();
    const recorder = new Recorder(
      overhear(async () => {
        await gate.promise;
        throw new Error('let go');
      }),
    );
    const { accepted, refused } = await fill(recorder, request);
    await expect(refused).rejects.toMatchObject({ code: 'overloaded', status: 503 });
    await expect(refused).rejects.toBeInstanceOf(AppError);
    expect(recorder.waitingRows).toBeLessThanOrEqual(atMost);
    expect(recorder.waitingRows).toBeGreaterThan(atMost / 2);
    gate.resolve();
    await Promise.allSettled(accepted);
    expect(recorder.waitingRows).toBe(0);
  });
});

describe('repetitions', () => {
  test('count once: in a request, in a batch, and in later ones', async () => {
    const recorder = new Recorder(database);
    const event = anEvent({ timestamp: noonMs, action: 'update_fail' });
    await recorder.record([event, event]);
    await Promise.all([recorder.record([event]), recorder.record([event, anEvent({ timestamp: noonMs })])]);
    await recorder.record([event]);
    expect(await eventsOf(app_id)).toBe(2);
    expect(await rollupOf(app_id, 'update_fail')).toBe(1);
    expect(await rollupOf(app_id, '+fail')).toBe(1);
    const failures = 'select sum(failures) from device_failures where device_id = $1';
    expect(await count(failures, event.device_id)).toBe(1);
  });

  test('are found on the day on which the event happened, whenever it is sent', async () => {
    const event = anEvent({ timestamp: noonMs - 3 * DAY_MS });
    await new Recorder(database).record([event]);
    await new Recorder(database).record([{ ...event, receivedMs: noonMs + 2 * DAY_MS }]);
    expect(await eventsOf(app_id)).toBe(1);
    const { rows } = await database.query('select day from stats_daily where app_id = $1 and action = $2', [
      app_id,
      'set',
    ]);
    expect(rows).toEqual([{ day: '2026-11-17' }]);
  });

  test('differ from other events by device, action, version or time', async () => {
    const event = anEvent({ timestamp: noonMs });
    const others = [{ device_id: randomUUID() }, { action: 'reset' }, { version_name: null }, {}].map(
      (change, index) => {
        const other = { ...event, ...change };
        return { ...other, dedupe_key: dedupeKey(other, index === 3 ? noonMs + 1 : noonMs) };
      },
    );
    await new Recorder(database).record([event, ...others]);
    expect(await eventsOf(app_id)).toBe(5);
  });

  test('differ from other events of the same millisecond by what they say', async () => {
    const recorder = new Recorder(database);
    const device_id = randomUUID();
    const withMetadata = (metadata: Record<string, string> | null) =>
      anEvent({ device_id, timestamp: noonMs, metadata });
    const events = [null, { line: '1' }, { line: '2' }, { line: '1', href: '/' }].map(withMetadata);
    await recorder.record(events);
    await recorder.record([...events, withMetadata({ href: '/', line: '1' })]);
    expect(await eventsOf(app_id)).toBe(4);
    expect(await rollupOf(app_id)).toBe(4);
  });

  test('without a timestamp nothing is one', async () => {
    const event = anEvent();
    await new Recorder(database).record([event, event, event]);
    expect(await eventsOf(app_id)).toBe(3);
    expect(await rollupOf(app_id)).toBe(3);
  });
});

describe('days', () => {
  const partitionsNow = async () => {
    const { rows } = await database.query(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'stats_events'::regclass order by 1",
    );
    return rows.map(({ name }) => name);
  };

  test('get their partition with their first event, and lose it with retention; rollups stay', async () => {
    const recorder = new Recorder(database);
    const days = ['2026-01-30', '2026-01-31', '2026-02-01'];
    await recorder.record(days.map((day) => anEvent({ timestamp: Date.parse(`${day}T23:59:59.999Z`) })));
    expect(await partitionsNow()).toEqual(
      expect.arrayContaining(['stats_events_20260130', 'stats_events_20260131', 'stats_events_20260201']),
    );
    expect(await dropPartitionsBefore(database, '2026-02-01')).toEqual([
      'stats_events_20260130',
      'stats_events_20260131',
    ]);
    expect(await partitionsNow()).not.toContain('stats_events_20260131');
    expect(await eventsOf(app_id)).toBe(1);
    expect(await rollupOf(app_id)).toBe(3);
    await recorder.record([anEvent({ timestamp: Date.parse('2026-01-31T08:00:00Z') })]);
    expect(await eventsOf(app_id)).toBe(2);
  });

  test('two processes may make one partition at once', async () => {
    const makers = Array.from({ length: 6 }, () => new Partitions(database));
    await Promise.all(makers.map((each) => each.ensure(['2025-12-24', '2025-12-25'])));
    expect(await partitionsNow()).toEqual(expect.arrayContaining(['stats_events_20251224', 'stats_events_20251225']));
  });
});

describe('rollups', () => {
  test('are right when two processes record and count at once, sharing some events', async () => {
    const recorders = [new Recorder(database), new Recorder(database)];
    const unexpected: unknown[] = [];
    const served = recorders.map((each) => new Served(database, each, (error) => unexpected.push(error)));
    const shared = Array.from({ length: 60 }, (_, n) => anEvent({ timestamp: noonMs + n, action: 'update_fail' }));
    const actions = ['set', 'reset', 'update_fail'];
    const work: Promise<void>[] = [];
    for (let turn = 0; turn < 12; turn++) {
      for (const [index, recorder] of recorders.entries()) {
        const own = Array.from({ length: 20 }, (_, n) => anEvent({ action: actions[n % 3] as string }));
        const again = index === 0 ? shared : shared.toReversed();
        work.push(recorder.record([...own, ...again.slice(turn * 5, turn * 5 + 30)]));
        const answer = { app_id, bundle_name: '1.0.0', channel: 'production', platform: 'android', action: 'get' };
        served[index]?.count(answer, noonMs);
        if (turn % 4 === 0) work.push((served[index] as Served).flush());
      }
      if (turn % 3 === 0) await Promise.all(work);
    }
    await Promise.all(work);
    await Promise.all(served.map((each) => each.flush()));
    expect(unexpected).toEqual([]);
    expect(await eventsOf(app_id)).toBe(2 * 12 * 20 + 60);
    expect(await rollupOf(app_id, 'get')).toBe(24);
    for (const action of actions) {
      const stored = await count('select count(*) from stats_events where app_id = $1 and action = $2', app_id, action);
      expect(await rollupOf(app_id, action)).toBe(stored);
    }
    const failures = await count('select sum(failures) from device_failures where app_id = $1', app_id);
    expect(failures).toBe(await rollupOf(app_id, '+fail'));
  });

  test('counts that could not be written are written later, and only once', async () => {
    let fails = true;
    const errors: unknown[] = [];
    const broken = overhear(() => (fails ? Promise.reject(new Error('not now')) : undefined));
    const served = new Served(broken, new Recorder(database), (error) => errors.push(error));
    const action = { app_id, bundle_name: '1.0.0', channel: 'production', platform: 'ios', action: 'get' };
    served.count(action, noonMs);
    served.count(action, noonMs);
    served.holdBack(app_id, 'new_device', noonMs);
    await served.flush();
    expect(errors).toHaveLength(3);
    fails = false;
    served.count(action, noonMs + DAY_MS);
    await served.flush();
    await served.flush();
    // By the day on which the answer was given, also where the outage lasted past midnight.
    const daysOf = async (table: string, what: string) =>
      (await database.query(`select day, count from ${table} where app_id = $1 and ${what} order by day`, [app_id]))
        .rows;
    expect(await daysOf('stats_daily', `action = 'get'`)).toEqual([
      { day: '2026-11-20', count: 2 },
      { day: '2026-11-21', count: 1 },
    ]);
    expect(await daysOf('held_back_daily', `reason = 'new_device'`)).toEqual([{ day: '2026-11-20', count: 1 }]);
    const checks = await database.query('select hour, count from checks_hourly where app_id = $1 order by hour', [
      app_id,
    ]);
    expect(checks.rows).toEqual([
      { hour: new Date('2026-11-20T12:00:00Z'), count: 2 },
      { hour: new Date('2026-11-21T12:00:00Z'), count: 1 },
    ]);
  });

  test('a count that the database refuses takes no other with it, and is not asked again for ever', async () => {
    const errors: unknown[] = [];
    const served = new Served(database, new Recorder(database), (error) => errors.push(error));
    const action = { app_id, bundle_name: '1.0.0', channel: 'production', platform: 'ios', action: 'get' };
    served.count({ ...action, platform: Array.from({ length: 400 }, () => randomUUID()).join('') }, noonMs);
    served.count(action, noonMs);
    await served.flush();
    await served.flush();
    expect(errors).toMatchObject([{ code: '54000' }]);
    expect(await rollupOf(app_id, 'get')).toBe(1);
  });
});

describe('an app that is deleted', () => {
  const remove = (app: string) =>
    database.db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('apps')
        .select(['app_id', 'id', 'owner_org', 'created_at'])
        .where('app_id', '=', app)
        .forUpdate()
        .executeTakeFirstOrThrow();
      await removeApp(trx, row);
    });

  test('while events arrive leaves nothing behind, and costs other apps nothing', async () => {
    const [kept, gone] = [app_id, await newApp()];
    const recorder = new Recorder(database);
    const work: Promise<void>[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const events = [anEvent({ app_id: gone }), anEvent({ app_id: kept }), anEvent({ app_id: gone, rollup: false })];
      work.push(...events.map((each) => recorder.record([each])));
      if (turn === 8) work.push(remove(gone));
      await new Promise(setImmediate);
    }
    await Promise.all(work);
    // A batch that was under way when the app went may have stored events of it since: they go by night.
    await sweepOutcomes(database, new Date());
    expect(await eventsOf(kept)).toBe(20);
    expect(await rollupOf(kept)).toBe(20);
    expect(await eventsOf(gone)).toBe(0);
    expect(await rollupOf(gone)).toBe(0);
  });
});
