// Rows of before migration 0013: what was offered counts, no event is lost, and the days that exist take new ones.

import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, migrationsFolder } from '../db/migrate.ts';
import { openEmptyDatabase, type TestDatabase } from '../testing/database.ts';
import { DAY_MS, utcDay } from '../utc-day.ts';
import { dedupeKey, type StatsEvent } from './event.ts';
import type { Heard } from './heard.ts';
import { readOutcomes } from './outcomes.ts';
import { Recorder } from './record.ts';
import { markSilent } from './silence.ts';

const app_id = 'com.example.before';
let database: TestDatabase;
const folders: string[] = [];

beforeEach(async () => {
  database = await openEmptyDatabase();
}, 300_000);
afterEach(async () => {
  await database.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** As a program of that time leaves the database. */
async function migrateBefore(number: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'overair-migrations-'));
  folders.push(folder);
  for (const name of await readdir(migrationsFolder)) {
    if (name < number) await copyFile(join(migrationsFolder, name), join(folder, name));
  }
  await migrate(database, folder);
}

const run = (text: string, values: unknown[] = []) => database.query(text, values);
const count = async (text: string) => Number(Object.values((await run(text, [app_id])).rows[0]!)[0]);
const nowMs = Date.now();
const today = utcDay(nowMs);

async function addApp(): Promise<void> {
  const { rows } = await run(`with owner as (insert into users (email) values ('o@example.test') returning id)
    insert into orgs (name, created_by, management_email) select 'o', id, 'o@example.test' from owner returning id`);
  const org = rows[0]!['id'];
  await run('insert into apps (app_id, name, owner_org) values ($1, $1, $2)', [app_id, org]);
  await run(
    `insert into bundles (app_id, name, owner_org, storage_provider, external_url)
     values ($1, '1.1.0', $2, 'external', 'https://cdn.test/b.zip')`,
    [app_id, org],
  );
}

async function addDevice(offered: string): Promise<string> {
  const device_id = randomUUID();
  await run(
    `insert into devices (app_id, device_id, platform, version_build, version_name, offered_version, offered_at, updated_at)
     values ($1, $2, 'ios', '1.0.0', '1.1.0', '1.1.0', now() - $3::interval, now() - $3::interval)`,
    [app_id, device_id, offered],
  );
  return device_id;
}

const total = async () => {
  const query = {
    app_id,
    from: new Date(nowMs - 40 * DAY_MS),
    to: new Date(Date.now() + 60_000),
    bucket: 'day',
  } as const;
  return (await readOutcomes(database.db, query)).total;
};

const running = (device_id: string): Heard => ({
  ...{ app_id, device_id, bundle_name: '1.1.0', signal: 'running', channel: '', platform: 'ios' },
  ...{ version_build: '1.0.0', is_test: false },
});

test('are there, counted, and taken up by what comes after', async () => {
  await migrateBefore('0013');
  await addApp();
  const device_id = await addDevice('3 hours');
  await addDevice('3 hours');
  await run(`create table stats_events_${today.replaceAll('-', '')} partition of stats_events
    for values from ('${today}') to ('${utcDay(nowMs + DAY_MS)}')`);
  const event: StatsEvent = {
    ...{ app_id, device_id, action: 'set', version_name: '1.1.0', bundle_name: '1.1.0', old_version_name: null },
    ...{ old_bundle_name: '', platform: 'ios', plugin_version: '8.51.14', version_build: '1.0.0', is_prod: true },
    ...{ is_emulator: false, channel: '', metadata: null, occurredMs: nowMs, receivedMs: nowMs, rollup: true },
    dedupe_key: dedupeKey({ app_id, device_id, action: 'set', version_name: '1.1.0' }, nowMs),
  };
  await run(
    `insert into stats_events (day, app_id, device_id, action, version_name, platform, plugin_version, is_prod, is_emulator, channel,
       occurred_at, received_at, dedupe_key)
     values ($1, $2, $3, 'set', '1.1.0', 'ios', '8.51.14', true, false, '', now(), now(), $4)`,
    [today, app_id, device_id, event.dedupe_key],
  );
  await run(`insert into stats_daily values ($1, $2, '1.1.0', '', 'ios', 'set', 1)`, [app_id, today]);
  await run(`insert into mau_daily values ($1, $2, 2)`, [app_id, today]);

  expect(await migrate(database)).toContain('0013-outcomes.sql');
  const recorder = new Recorder(database);
  // The phone sends its event once more, and it is known.
  await recorder.record([event], [{ ...running(device_id), event }]);
  expect(await count('select count(*) from stats_events where app_id = $1')).toBe(1);
  expect(await count('select sum(count) from stats_daily where app_id = $1')).toBe(1);
  expect(await total()).toMatchObject({ offered: 2, running: 0, reached: { offered: 2 } });
  await recorder.record([], [running(device_id)]);
  expect(await total()).toMatchObject({ offered: 1, running: 1, reached: { offered: 2, running: 1 } });

  await run('delete from apps where app_id = $1', [app_id]);
  for (const table of ['stats_events', 'stats_daily', 'mau_daily', 'devices', 'device_outcomes', 'outcome_counts']) {
    expect(await count(`select count(*) from ${table} where app_id = $1`), table).toBe(0);
  }
}, 60_000);

test.each([
  ['in one go', false],
  ['after some days, when they were silent already', true],
])(
  'offers that nobody can judge any more count nowhere, and what is heard of them does: %s',
  async (_when, isSilent) => {
    await migrateBefore('0013');
    await addApp();
    const [fresh, old] = [await addDevice('3 hours'), await addDevice('30 days')];
    await addDevice('25 hours');
    if (isSilent) {
      await migrateBefore('0019');
      await markSilent(database, new Date());
      expect(await total()).toMatchObject({ offered: 1, silent: 2, reached: { offered: 3 } });
    }
    expect(await migrate(database)).toContain('0019-outcomes-that-stay.sql');
    await markSilent(database, new Date());
    expect(await total()).toMatchObject({ offered: 1, silent: 0, reached: { offered: 1 } });
    await new Recorder(database).record([], [running(old), running(fresh)]);
    expect(await total()).toMatchObject({ offered: 0, running: 2, silent: 0, reached: { offered: 1, running: 2 } });
  },
  60_000,
);
