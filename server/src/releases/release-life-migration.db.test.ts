// The record as versions before migration 0017 left it: what is under way after it, and what channels return to.

import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, migrationsFolder } from '../db/migrate.ts';
import { openEmptyDatabase, type TestDatabase } from '../testing/database.ts';
import { isOver, wayBack } from './release-life.ts';
import { readHistory } from './release-record.ts';

const app_id = 'com.example.before';
let database: TestDatabase;
let folder: string;

const run = (text: string, values: unknown[] = []) => database.query(text, values);

/** Applies the migrations up to a number. */
async function migrateTo(last: string): Promise<void> {
  for (const name of await readdir(migrationsFolder)) {
    if (name.slice(0, 4) <= last) await copyFile(join(migrationsFolder, name), join(folder, name));
  }
  await migrate(database, folder);
}

/** The channels by name; `served`: their bundles one after the other. They are made before releases were recorded. */
const CHANNELS: Record<string, { served: string[]; target?: string; isPaused?: boolean }> = {
  plain: { served: ['A', 'B'] },
  undone: { served: ['A', 'B', 'A'] },
  'undone long ago': { served: ['A', 'B', 'A', 'C'] },
  rolling: { served: ['A'], target: 'B' },
  paused: { served: ['A'], target: 'B', isPaused: true },
  returned: { served: ['A', 'B'] },
  'named again': { served: ['A', 'B'] },
  'rolled out a little': { served: ['A', 'B'] },
  'told of': { served: ['A'] },
  deleted: { served: ['A'] },
  'rolling beside': { served: ['A'], target: 'C' },
};

async function makeChannels(): Promise<void> {
  const { rows } = await run(`with owner as (insert into users (email) values ('o@example.test') returning id)
    insert into orgs (name, created_by, management_email) select 'o', id, 'o@example.test' from owner returning id`);
  const org = rows[0]!['id'];
  await run('insert into apps (app_id, name, owner_org) values ($1, $1, $2)', [app_id, org]);
  for (const name of ['A', 'B', 'C', 'D']) {
    await run(`insert into bundles (app_id, name, owner_org, storage_provider) values ($1, $2, $3, 'none')`, [
      app_id,
      name,
      org,
    ]);
  }
  for (const [name, { served, target, isPaused }] of Object.entries(CHANNELS)) {
    await run(
      `insert into channels (app_id, name, owner_org, version, rollout_version, rollout_enabled, rollout_percentage_bps, rollout_paused_at)
       values ($1, $2, $3, (select id from bundles where name = $4), (select id from bundles where name = $5), $6, $7, $8)`,
      [
        app_id,
        name,
        org,
        served.at(-1),
        target ?? null,
        target !== undefined,
        target ? 500 : 0,
        isPaused ? new Date() : null,
      ],
    );
    for (const bundle of served) {
      await run(
        `insert into deploy_history (app_id, owner_org, channel_id, version_id, deployed_at)
         select $1, $2, c.id, b.id, now() - interval '1 day' from channels c, bundles b where c.name = $3 and b.name = $4`,
        [app_id, org, name, bundle],
      );
    }
  }
}

/** A row of the version between 0015 and 0017. */
async function insertRelease(
  channel: string,
  kind: string,
  bundle: string,
  previous: string,
  state: string,
): Promise<number> {
  const { rows } = await run(
    `insert into releases (app_id, channel_id, channel_name, kind, bundle_id, bundle_name, previous_bundle_id, previous_bundle_name, state,
       actor_type, ended_at)
     select $1, c.id, c.name, $3, b.id, b.name, p.id, p.name, $6, 'user', case when $6 in ('running', 'stopped') then null else now() end
     from channels c, bundles b, bundles p where c.name = $2 and b.name = $4 and p.name = $5 returning id`,
    [app_id, channel, kind, bundle, previous, state],
  );
  return Number(rows[0]!['id']);
}

async function useChannels(): Promise<void> {
  const serve = (name: string, bundle: string) =>
    run('update channels set version = (select id from bundles where name = $2) where name = $1', [name, bundle]);
  await insertRelease('returned', 'rollback', 'A', 'B', 'running');
  await serve('returned', 'A');
  await insertRelease('named again', 'rollback', 'A', 'B', 'taken_back');
  await run(`update releases set state = 'taken_back' where channel_name = 'named again' and bundle_name = 'B'`);
  await insertRelease('named again', 'rollback', 'B', 'A', 'running');
  await insertRelease('rolled out a little', 'rollout', 'C', 'B', 'kept');
  await insertRelease('rolled out a little', 'plain', 'D', 'B', 'running');
  await serve('rolled out a little', 'D');
  const bad = await insertRelease('told of', 'plain', 'B', 'A', 'kept');
  await run(
    `insert into release_guards (release_id, read_until, tolerance, known_devices, acted, acted_at) values ($1, now(), 0.01, 0, 'tell', now())`,
    [bad],
  );
  await insertRelease('told of', 'plain', 'C', 'B', 'running');
  await serve('told of', 'C');
  await insertRelease('deleted', 'plain', 'B', 'A', 'running');
  await run(`delete from channels where name = 'deleted'`);
  await insertRelease('rolling beside', 'rollout', 'C', 'A', 'kept');
  await insertRelease('rolling beside', 'plain', 'B', 'A', 'running');
  await serve('rolling beside', 'B');
}

beforeAll(async () => {
  database = await openEmptyDatabase();
  folder = await mkdtemp(join(tmpdir(), 'overair-migrations-'));
  await migrateTo('0014');
  await makeChannels();
  await migrateTo('0016');
  await useChannels();
  expect(await migrate(database)).toContain('0017-life-of-releases.sql');
}, 300_000);
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function recordOf(channel: string): Promise<string[]> {
  const { rows } = await run(
    'select bundle_name, kind, state, is_judged from releases where channel_name = $1 order by id desc',
    [channel],
  );
  return rows.map(({ bundle_name, kind, state, is_judged }) => {
    const isUnderWay = !isOver(state as Parameters<typeof isOver>[0]);
    return `${bundle_name} ${kind} ${state}${isUnderWay && is_judged ? ', judged' : ''}`;
  });
}

async function returnsTo(channel: string): Promise<string | undefined> {
  const { rows } = await run('select id, version from channels where name = $1', [channel]);
  const [id, version] = [Number(rows[0]!['id']), Number(rows[0]!['version'])];
  const way = wayBack(await readHistory(database.db, { app_id, id }), version);
  if (way === undefined || way.bundle === null) return way && 'builtin';
  return String((await run('select name from bundles where id = $1', [way.bundle])).rows[0]!['name']);
}

test.each<[string, string[], string | undefined]>([
  ['plain', ['B plain running', 'A plain kept'], 'A'],
  ['undone', ['A plain running', 'B plain taken_back', 'A plain kept'], 'builtin'],
  ['undone long ago', ['C plain running', 'A plain kept', 'B plain taken_back', 'A plain kept'], 'A'],
  ['rolling', ['B rollout running, judged', 'A plain running'], 'builtin'],
  ['paused', ['B rollout stopped, judged', 'A plain running'], 'builtin'],
  ['returned', ['A rollback running', 'B plain taken_back', 'A plain kept'], 'builtin'],
  ['named again', ['B plain running, judged', 'A rollback kept', 'B plain taken_back', 'A plain kept'], 'A'],
  ['rolled out a little', ['D plain running, judged', 'C rollout replaced', 'B plain kept', 'A plain kept'], 'B'],
  ['told of', ['C plain running, judged', 'B plain replaced', 'A plain kept'], 'A'],
  [
    'rolling beside',
    ['C rollout running, judged', 'B plain running, judged', 'C rollout replaced', 'A plain kept'],
    'A',
  ],
])('a channel that is %s', async (channel, record, back) => {
  expect(await recordOf(channel)).toEqual(record);
  expect(await returnsTo(channel)).toBe(back);
});

test('a channel that is deleted has nothing under way', async () => {
  expect(await recordOf('deleted')).toEqual(['B plain replaced', 'A plain kept']);
});
