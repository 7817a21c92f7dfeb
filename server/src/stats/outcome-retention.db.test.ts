// What is kept of outcomes, and for how long: counts by their grain, the words of devices for as long as these are known.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import type { Heard } from './heard.ts';
import { sweepOutcomes } from './outcome-retention.ts';
import type { Signal } from './outcome-words.ts';
import { readOutcomes } from './outcomes.ts';
import { Recorder } from './record.ts';

let server: TestServer;
let app_id: string;
let apps = 0;
let devices = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  app_id = `com.example.kept${apps++}`;
  await server.database.db.insertInto('apps').values({ app_id, owner_org: server.orgId, name: app_id }).execute();
});

const run = (text: string, values: unknown[] = [app_id]) => server.database.query(text, values);
const newId = () => `device ${devices++}`;
const facts = { channel: 'production', platform: 'ios', version_build: '1.0.0', is_test: false };
const hear = (device_id: string, signals: readonly Signal[], bundle_name = '1.1.0') =>
  signals.map((signal): Heard => ({ app_id, device_id, bundle_name, signal, ...facts }));
const record = (heard: readonly Heard[]) => new Recorder(server.database).record([], heard);
const register = (device_id: string) =>
  run(`insert into devices (app_id, device_id, platform) values ($1, $2, 'ios')`, [app_id, device_id]);

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const sweep = (days: number) => sweepOutcomes(server.database, inDays(days));
const total = async () => {
  const query = { app_id, from: inDays(-1), to: inDays(400), bucket: 'day' } as const;
  return (await readOutcomes(server.database.db, query)).total;
};
async function grains(): Promise<string[]> {
  const { rows } = await run('select distinct grain from outcome_counts where app_id = $1 order by grain');
  return rows.map(({ grain }) => grain as string);
}
async function words(): Promise<unknown[]> {
  const { rows } = await run('select device_id, word from device_outcomes where app_id = $1 order by device_id, word');
  return rows.map(({ device_id, word }) => [device_id, word]);
}

test('minutes are kept for a week, hours for 90 days, days for ever', async () => {
  const device_id = newId();
  await register(device_id);
  await record(hear(device_id, ['offered', 'running']));
  await sweep(6.9);
  expect(await grains()).toEqual(['day', 'hour', 'minute']);
  await sweep(7.1);
  expect(await grains()).toEqual(['day', 'hour']);
  await sweep(89.9);
  expect(await grains()).toEqual(['day', 'hour']);
  await sweep(90.1);
  expect(await grains()).toEqual(['day']);
  await sweep(380);
  expect(await total()).toMatchObject({ running: 1, reached: { offered: 1, running: 1 } });
});

test.each(['network_failed', 'bundle_failed', 'crashed', 'refused', 'running'] as const)(
  'a device that is known keeps its word, and counts once when it is offered the bundle again: %s',
  async (signal) => {
    const device_id = newId();
    await register(device_id);
    await record(hear(device_id, ['offered', signal]));
    await sweep(200);
    expect(await words()).toHaveLength(1);
    await record(hear(device_id, ['offered']));
    const { offered, running, failed, refused, reached } = await total();
    const sum = (counts: object) => Object.values(counts).reduce((all, each) => all + each, 0);
    expect(offered + running + sum(failed) + sum(refused)).toBe(1);
    expect(reached.offered).toBe(1);
  },
);

test('a device that was purged counts nowhere from then on, and the past stays what it was', async () => {
  for (const signal of ['running', 'network_failed', 'offered'] as const)
    await record(hear(newId(), ['offered', signal]));
  await sweep(0.9);
  expect(await words(), 'it may be noted in a moment').toHaveLength(3);
  await sweep(1.1);
  expect(await words()).toEqual([]);
  expect(await total()).toMatchObject({
    offered: 0,
    running: 0,
    failed: { network: 0 },
    reached: { offered: 3, running: 1 },
  });
  const query = { app_id, from: inDays(-1), to: inDays(0.5), bucket: 'day' } as const;
  expect((await readOutcomes(server.database.db, query)).total).toMatchObject({ offered: 1, running: 1 });
});

test('what was replaced is kept for 90 days', async () => {
  const device_id = newId();
  await register(device_id);
  await record([...hear(device_id, ['offered', 'running']), ...hear(device_id, ['offered', 'running'], '1.2.0')]);
  await sweep(89);
  expect(await words()).toEqual([
    [device_id, 3],
    [device_id, 10],
  ]);
  await sweep(91);
  expect(await words()).toEqual([[device_id, 3]]);
  expect(await total()).toMatchObject({ running: 1 });
});

test('more devices than one statement takes', async () => {
  const ids = Array.from({ length: 2_500 }, newId);
  const known = ids.filter((_, n) => n % 2 === 0);
  await run(
    `insert into devices (app_id, device_id, platform) select $1, id, 'ios' from json_array_elements_text($2::json) id`,
    [app_id, JSON.stringify(known)],
  );
  await record(ids.flatMap((id) => hear(id, ['offered', 'running'])));
  await sweep(2);
  expect(await words()).toHaveLength(known.length);
  expect(await total()).toMatchObject({ running: known.length });
});

test('nothing of an app that is gone', async () => {
  await record(hear(newId(), ['offered']));
  await run(`delete from apps where app_id = $1`);
  await run(
    `insert into device_outcomes (app_id, device_id, bundle_name, word, reached, channel, platform, version_build, is_test, at)
     values ($1, 'late', '1.1.0', 1, 2, '', 'ios', '1.0.0', false, now())`,
  );
  await run(
    `insert into outcome_counts (app_id, grain, at, bundle_name, channel, platform, version_build, is_test, word, code, slot, entered, gone, first)
     values ($1, 'day', now(), '1.1.0', '', 'ios', '1.0.0', false, 1, '', 0, 1, 0, 1)`,
  );
  await sweep(0);
  expect(await words()).toEqual([]);
  expect(await grains()).toEqual([]);
});

test('deleting an app walks no table from end to end, whether a trigger or a foreign key clears it', async () => {
  const { rows } = await run(
    `select t.relname as name from pg_class t join pg_attribute a on a.attrelid = t.oid and a.attname = 'app_id'
     where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
       and (exists (select from pg_constraint c where c.conrelid = t.oid and c.confrelid = 'apps'::regclass and a.attnum = any(c.conkey))
         or exists (select from pg_proc p where p.proname = 'sweep_deleted_apps' and p.prosrc like '%''' || t.relname || '''%'))
       and not exists (select from pg_index x where x.indrelid = t.oid and x.indkey[0] = a.attnum and x.indpred is null)
     order by 1`,
    [],
  );
  expect(
    rows.map(({ name }) => name),
    'an hour of rows is few',
  ).toEqual(['change_feed']);
});
