// What became of a release, through the doors: phones ask and report, the owner reads.

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { markSilent } from '../../stats/silence.ts';
import { DAY_MS } from '../../utc-day.ts';
import { OutcomeWorld } from './testing/outcome-world.ts';

let world: OutcomeWorld;
beforeAll(async () => {
  world = await OutcomeWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.addApp());

const noFailure = { bundle: 0, network: 0, device: 0, crash: 0 };

test('each device counts once, by its last word', async () => {
  await world.phone([]);
  await world.phone(['download_complete']);
  await world.phone(['download_complete', 'set']);
  await world.phone(['app_launch_ready']);
  await world.phone(['download_fail']);
  await world.phone(['insufficient_disk_space', 'download_fail']);
  await world.phone(['update_fail']);
  // What a plugin says of a bundle that does not start.
  await world.phone(['download_complete', 'set', 'update_fail']);
  await world.phone(['set', 'app_crash']);
  const failsFirst = await world.phone(['set_fail']);
  await world.report(failsFirst, 'set');
  expect(await world.total({ bundle: '1.1.0' })).toEqual({
    ...{
      offered: 1,
      downloaded: 1,
      running: 3,
      failed: { bundle: 2, network: 1, device: 1, crash: 1 },
      refused: {},
      silent: 0,
    },
    reached: { offered: 10, downloaded: 3, running: 5, failed: { bundle: 3, network: 2, device: 1, crash: 1 } },
  });
});

test('a start that the app confirms is counted once', async () => {
  const device_id = await world.phone(['download_complete', 'set']);
  await world.report(device_id, 'app_launch_ready');
  const { total: now, buckets } = await world.read('outcomes', { bundle: '1.1.0', bucket: 'day' });
  expect(now).toMatchObject({ running: 1, reached: { running: 1 } });
  expect(buckets.reduce((sum: number, bucket: { running: number }) => sum + bucket.running, 0)).toBe(1);
  await world.report(device_id, 'update_fail');
  expect(await world.total({ bundle: '1.1.0' })).toMatchObject({ running: 0, failed: { bundle: 0, crash: 1 } });
});

test('what a check says is a word too, and a repetition says nothing new', async () => {
  const device_id = await world.phone([]);
  await world.check(device_id, { version_name: '1.1.0' });
  await world.check(device_id, { version_name: '1.1.0' });
  await world.report(device_id, 'set');
  expect(await world.total()).toMatchObject({ offered: 0, running: 1, reached: { running: 1 } });
  await world.check(device_id);
  expect(await world.total(), 'it is back on the bundle of the store, and is offered it again').toMatchObject({
    offered: 1,
    running: 0,
  });
  const moved = world.newId();
  await world.check(moved, { version_name: '1.1.0' });
  expect(await world.total(), 'nobody offered it, but its channel serves it').toMatchObject({ running: 1 });
});

test('forty invented devices move nothing', async () => {
  for (let n = 0; n < 40; n++) await world.report(world.newId(), n % 2 === 0 ? 'update_fail' : 'set');
  const none = { offered: 0, downloaded: 0, running: 0, failed: noFailure, refused: {}, silent: 0 };
  expect(await world.total()).toMatchObject(none);
  expect((await world.read('failures')).data).toEqual([]);
});

test('a device that moves on is counted with its new bundle alone', async () => {
  const device_id = await world.phone(['set']);
  const waiting = await world.phone([]);
  await world.serve('1.2.0');
  await world.check(device_id, { version_name: '1.1.0' });
  await world.check(waiting);
  expect(await world.total({ bundle: '1.1.0' })).toMatchObject({ running: 1, offered: 0 });
  expect(await world.total({ bundle: '1.2.0' })).toMatchObject({ running: 0, offered: 2 });
  await world.report(device_id, 'set', '1.2.0');
  expect(await world.total({ bundle: '1.1.0' })).toMatchObject({ running: 0, reached: { running: 1, offered: 2 } });
  expect(await world.total({ bundle: '1.2.0' })).toMatchObject({ running: 1, offered: 1 });
});

test('refusals are counted by code, with the bundle that is withheld', async () => {
  await world.serve('1.1.0', { android: false });
  await world.server.database.db
    .updateTable('channels')
    .set({ disable_auto_update: 'patch' })
    .where('app_id', '=', world.app_id)
    .execute();
  await world.server.parts.snapshots.caughtUp();
  await world.check(world.newId(), { platform: 'ios', version_name: '1.0.0' });
  const { refused } = await world.total();
  expect(Object.values(refused as Record<string, number>).reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(Object.keys(refused as object)[0]).toMatch(/^[a-z_]+$/);
});

test('silent is who was offered it and was not heard of for a day', async () => {
  const gone = await world.phone([]);
  const asksAgain = await world.phone([]);
  await world.settle();
  const later = new Date(Date.now() + DAY_MS + 60_000);
  await world.server.database.db
    .updateTable('devices')
    .set({ offered_at: later })
    .where('device_id', '=', asksAgain)
    .execute();
  await markSilent(world.server.database, later);
  const { rows } = await world.server.database.query(
    'select device_id from device_outcomes where app_id = $1 and word = 9',
    [world.app_id],
  );
  expect(rows).toEqual([{ device_id: gone }]);
  await world.report(gone, 'set');
  expect(await world.total()).toMatchObject({ running: 1 });
});

test('filters keep what they say, and what is not known is refused', async () => {
  await world.phone(['set']);
  await world.phone(['set'], { platform: 'ios', version_build: '1.0.1' });
  await world.phone(['set'], { is_emulator: true });
  expect(await world.total({ platform: 'ios' })).toMatchObject({ running: 1 });
  expect(await world.total({ native: '1.0.0' })).toMatchObject({ running: 1 });
  expect(await world.total({ channel: 'production' })).toMatchObject({ running: 2 });
  expect(await world.total({ channel: 'beta' })).toMatchObject({ running: 0 });
  expect(await world.total({ builds: 'test' })).toMatchObject({ running: 1 });
  expect(await world.total({ builds: 'all' })).toMatchObject({ running: 3 });
  for (const query of [
    { version: '1.1.0' },
    { bucket: 'week' },
    { from: 'soon' },
    { platform: 'web' },
    { builds: 'none' },
  ]) {
    await world.read('outcomes', query as never, 400);
  }
  await world.read('outcomes', { from: '2026-01-02', to: '2026-01-01' }, 400);
  await world.read(
    'outcomes',
    {
      bucket: 'minute',
      from: new Date(Date.now() - 8 * DAY_MS).toISOString(),
      to: new Date(Date.now() - 7.5 * DAY_MS).toISOString(),
    },
    400,
  );
  await world.read('failures', { sort: 'x' }, 400);
});

test('buckets say who reached a word when, and who stands at it; another app sees nothing of it', async () => {
  await world.phone(['set']);
  for (const bucket of ['minute', 'hour', 'day']) {
    const { buckets, latency } = await world.read('outcomes', { bucket });
    const sum = (pick: (each: { running: number; offered: number }) => number) =>
      (buckets as never[]).reduce((all, each) => all + pick(each), 0);
    expect(
      sum((each) => each.running),
      bucket,
    ).toBe(1);
    expect(buckets.at(-1).standing).toMatchObject({ running: 1, offered: 0 });
    expect(latency).toMatchObject([
      { platform: 'all', devices: 1 },
      { platform: 'android', devices: 1 },
    ]);
    expect(latency[0].p50).toBeLessThan(bucket === 'minute' ? 120 : 3_600);
  }
  await world.addApp();
  expect(await world.total(), 'another app').toMatchObject({ running: 0, reached: { running: 0 } });
});

async function read(device_id: string) {
  await world.settle();
  const url = `/device?app_id=${world.app_id}&device_id=${device_id}`;
  return (await world.server.app.inject({ url, headers: world.headers() })).json();
}

test('a device that went back from a bundle is not shown as running it', async () => {
  const device_id = await world.phone(['set']);
  expect(await read(device_id)).toMatchObject({ running_version: '1.1.0' });
  await world.report(device_id, 'update_fail');
  const failed = await read(device_id);
  expect(failed).toMatchObject({ version_name: '1.1.0', running_version: null, running_since: null });

  const another = await world.phone(['set', 'update_fail']);
  expect(await read(another), 'in one batch of notes').toMatchObject({ running_version: null });
  await world.report(another, 'set');
  expect(await read(another), 'a second try').toMatchObject({ running_version: '1.1.0' });
});

test('a bundle that could not be started changes nothing of what the device runs', async () => {
  const device_id = await world.phone([]);
  const before = await read(device_id);
  await world.report(device_id, 'set_fail');
  expect(await read(device_id)).toEqual(before);

  const stranger = '0000dead-0000-4000-8000-000000000000';
  await world.report(stranger, 'update_fail');
  expect(await read(stranger)).toMatchObject({ error: 'device_not_found' });
});

test('a device shows what it runs beside what it was offered', async () => {
  const device_id = await world.phone([]);
  const device = () => read(device_id);
  expect(await device()).toMatchObject({ version_name: '1.1.0', running_version: 'builtin', offered_version: '1.1.0' });
  await world.report(device_id, 'set');
  expect(await device()).toMatchObject({ version_name: '1.1.0', running_version: '1.1.0' });
  const { data } = (
    await world.server.app.inject({
      url: `/device?app_id=${world.app_id}&running_version=1.1.0`,
      headers: world.headers(),
    })
  ).json();
  expect(data).toHaveLength(1);
  const url = `/device/explain?app_id=${world.app_id}&device_id=${device_id}`;
  expect((await world.server.app.inject({ url, headers: world.headers() })).json()).toMatchObject({
    outcome: 'no_new_version_available',
    running_version: '1.1.0',
    offered_version: '1.1.0',
  });
});

test('explain is right between offer and start', async () => {
  const device_id = await world.phone([]);
  const url = `/device/explain?app_id=${world.app_id}&device_id=${device_id}`;
  expect((await world.server.app.inject({ url, headers: world.headers() })).json()).toMatchObject({
    ...{ outcome: 'update', version: '1.1.0', running_version: 'builtin', offered_version: '1.1.0' },
  });
});

/** Several events in one request, each with a time of its own. */
async function reportBatch(device_id: string, events: readonly (readonly [action: string, timestamp: number])[]) {
  const facts = { app_id: world.app_id, device_id, platform: 'android', plugin_version: '8.51.14' };
  const more = { version_build: '1.0.0', version_name: '1.1.0', is_prod: true, is_emulator: false };
  const payload = events.map(([action, timestamp]) => ({ ...facts, ...more, action, timestamp }));
  const answer = await world.server.ask({ method: 'POST', url: '/stats', payload });
  expect(answer.json()).toMatchObject({ status: 'ok' });
}

test('an event that is sent again says nothing again, whatever was heard in between', async () => {
  const nowMs = Date.now();
  const device_id = await world.phone([]);
  const batch = [
    ['download_complete', nowMs],
    ['set', nowMs + 1],
    ['update_fail', nowMs + 2],
  ] as const;
  await reportBatch(device_id, batch);
  await world.check(device_id, { version_name: '1.1.0' });
  expect(await world.total()).toMatchObject({ running: 1, failed: noFailure });
  await reportBatch(device_id, batch);
  expect(await world.total(), 'the answer was lost').toMatchObject({ running: 1, failed: noFailure });
  await reportBatch(device_id, [...batch, ['app_crash', nowMs + 3]]);
  expect(await world.total(), 'and it has more to say').toMatchObject({
    running: 0,
    failed: { ...noFailure, crash: 1 },
  });
  const [first, again] = [await world.phone([]), ['download_fail', nowMs + 4]] as const;
  await reportBatch(first, [['download_complete', nowMs + 5], again, again]);
  await reportBatch(first, [again, ['set', nowMs + 6], again, ['app_launch_ready', nowMs + 7], again]);
  expect(await world.total()).toMatchObject({ running: 1, failed: { ...noFailure, crash: 1 } });
  expect((await world.total()).reached, 'each once').toMatchObject({ offered: 2, downloaded: 2, running: 2 });
});

test('what a device calls itself makes no rows without end', async () => {
  const device_id = await world.phone(['set']);
  const { query } = world.server.database;
  const named = async (column: string, table: string) => {
    await world.settle();
    const { rows } = await query(`select distinct ${column} as name from ${table} where app_id = $1 order by 1`, [
      world.app_id,
    ]);
    return rows.map(({ name }) => name);
  };
  for (let n = 1; n <= 3; n++) {
    const change = { version_build: `1.0.${n}`, platform: n === 3 ? 'toaster' : 'android', timestamp: Date.now() + n };
    await world.check(device_id, { ...change, platform: 'android', version_name: '1.1.0' });
    await world.report(device_id, n === 2 ? 'app_crash' : 'set', '1.1.0', change);
    await world.report(device_id, `invented_${n}`, '1.1.0', change);
    await world.report(device_id, 'get', '1.1.0', change);
  }
  expect(await named('version_build', 'outcome_counts'), 'a new build a day').toEqual(['1.0.0']);
  expect(await named('platform', 'outcome_counts')).toEqual(['android']);
  expect(await named('platform', 'stats_daily')).toEqual(['', 'android']);
  const actions = await named('action', 'stats_daily');
  expect(actions.filter((name) => String(name).startsWith('invented'))).toEqual([]);
  const { rows } = await query(
    `select sum(count)::int as offers from stats_daily where app_id = $1 and action = 'get'`,
    [world.app_id],
  );
  expect(rows, 'a device does not say what it was offered').toEqual([{ offers: 1 }]);
  await query(`update device_outcomes set at = at - interval '1 day' where app_id = $1`, [world.app_id]);
  await world.check(device_id, { version_build: '1.0.4', version_name: '1.1.0' });
  expect(await world.total({ native: '1.0.4' }), 'a real update is seen').toMatchObject({ running: 1 });
});

test('an outcome is seen within a minute of what it is about, with nobody who hurries it', async () => {
  const device_id = world.newId();
  await world.check(device_id);
  const url = `/app/${world.app_id}/outcomes`;
  const seen = (word: object) =>
    vi.waitFor(
      async () => {
        const { total } = (await world.server.app.inject({ url, headers: world.headers() })).json();
        expect(total).toMatchObject(word);
      },
      { timeout: 60_000, interval: 50 },
    );
  await seen({ offered: 1 });
  await world.report(device_id, 'set');
  await seen({ offered: 0, running: 1 });
  await world.check(device_id, { version_name: '1.0.0' });
  await seen({ offered: 1, running: 0 });
}, 200_000);

test('when the database refuses, the question fails and the process does not', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  await world.server.database.query('alter table outcome_counts rename to outcome_counts_away');
  try {
    for (let turn = 0; turn < 3; turn++) await world.read('outcomes', {}, 500);
    await new Promise(setImmediate);
  } finally {
    await world.server.database.query('alter table outcome_counts_away rename to outcome_counts');
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

test('an offer is not lost when the server stops, and one that could not be recorded is noted at the next check', async () => {
  const device_id = world.newId();
  let fails = true;
  const { database, recorder } = world.server.parts;
  const query = database.query;
  database.query = async (text, ...rest) => {
    if (fails && text.includes('insert into stats_events')) throw new Error('not now');
    return query.call(database, text, ...rest);
  };
  try {
    expect(await world.check(device_id)).toMatchObject({ version: '1.1.0' });
    await recorder.drain();
    await new Promise(setImmediate);
    fails = false;
    expect(await world.check(device_id)).toMatchObject({ version: '1.1.0' });
  } finally {
    database.query = query;
  }
  expect(await world.total()).toMatchObject({ offered: 1 });
});
