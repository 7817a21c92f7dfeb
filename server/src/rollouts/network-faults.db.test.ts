// Downloads of a release beside those of other bundles: a rollout is held, once, and nothing is taken from anybody. Minutes of the
// counts are written as the stats room writes them.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { guardReleases } from './guard-releases.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;
const { app_id } = { app_id: 'com.example.guarded' };
const MINUTE_MS = 60_000;

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

/** Words of 0013-outcomes.sql. */
const DOWNLOADED = 2;
const FAILED_ON_THE_WAY = 5;

let began: number;

async function beginRollout(): Promise<void> {
  await world.rollOut('1.1.0', 5_000);
  await noteBegin();
}

async function noteBegin(): Promise<void> {
  began = Math.floor(Date.parse((await world.newest()).started_at) / MINUTE_MS) * MINUTE_MS;
}

async function count(bundle: string, minute: number, word: number, devices: number): Promise<void> {
  await world.server.database.query(
    `insert into outcome_counts (app_id, grain, at, bundle_name, channel, platform, version_build, is_test, word, code, slot, entered, gone, first)
     values ($1, 'minute', $2, $3, 'production', 'android', '1.0.0', false, $4, '', 0, $5, 0, 0)`,
    [app_id, new Date(began + minute * MINUTE_MS).toISOString(), bundle, word, devices],
  );
}

/** In the minutes after the start, one in each period of ten. */
async function downloads(bundle: string, periods: number, passed: number, failed: number): Promise<void> {
  for (let period = 0; period < periods; period++) {
    await count(bundle, period * 10 + 5, DOWNLOADED, passed);
    await count(bundle, period * 10 + 5, FAILED_ON_THE_WAY, failed);
  }
}

/** It looks at releases of whose app something arrived. */
async function guardAfter(minutes: number): Promise<void> {
  await world.tell(world.newId(), 'app_moved_to_foreground', '1.0.0');
  await world.server.parts.recorder.idle();
  await guardReleases(world.server.parts, new Date(began + minutes * MINUTE_MS));
  await world.server.parts.snapshots.caughtUp();
}

const matters = async () =>
  (await world.manage('GET', `/attention?app_id=${app_id}`)).data.filter(
    ({ kind }: { kind: string }) => kind === 'downloads_failing',
  );

test('where its downloads fail and those of others do not, the rollout is paused, told, and taken from nobody', async () => {
  await beginRollout();
  await downloads('1.1.0', 6, 20, 20);
  await downloads('1.0.0', 6, 100, 1);
  await guardAfter(65);
  const release = await world.newest();
  expect(release).toMatchObject({
    state: 'stopped',
    guard: { acted: null, held_reason: expect.stringMatching(/^Downloads fail/) },
  });
  expect(await world.channel()).toMatchObject({ rolloutPausedAt: expect.any(String) });
  expect(await world.offered('1.1.0')).toBeUndefined();
  expect(await matters()).toMatchObject([{ severity: 'warning', channel: 'production' }]);
  expect(await world.record()).toEqual(['1.1.0 rollout stopped', '1.0.0 plain running']);
});

test('a plan is held with its rollout, and goes on once somebody resumes it', async () => {
  await world.manage('POST', '/release', { app_id, channel: 'production', version: '1.1.0', plan: 'careful' });
  await noteBegin();
  await downloads('1.1.0', 6, 20, 20);
  await downloads('1.0.0', 6, 100, 1);
  await guardAfter(65);
  const message = expect.stringContaining('somebody to resume the rollout');
  expect(await world.newest()).toMatchObject({ state: 'stopped', plan: { state: 'running', message } });
  await world.set({ rolloutPaused: false });
  expect(await world.newest()).toMatchObject({ state: 'running', plan: { state: 'running', step: 0 } });
});

test('a fault that hits both alike moves nothing', async () => {
  await beginRollout();
  await downloads('1.1.0', 12, 20, 20);
  await downloads('1.0.0', 12, 100, 100);
  await guardAfter(125);
  expect(await world.newest()).toMatchObject({ state: 'running', guard: { held_at: null } });
  expect(await matters()).toEqual([]);
});

test('without a control arm nothing is said', async () => {
  await beginRollout();
  await downloads('1.1.0', 6, 1, 60);
  await guardAfter(65);
  expect(await world.newest()).toMatchObject({ state: 'running', guard: { held_at: null } });
});

test('it is held once, by one of two workers: who resumes has decided', async () => {
  await beginRollout();
  await downloads('1.1.0', 6, 20, 20);
  await downloads('1.0.0', 6, 100, 1);
  await Promise.all([guardAfter(65), guardAfter(65)]);
  await world.set({ rolloutPaused: false });
  await guardAfter(75);
  expect(await world.newest()).toMatchObject({ state: 'running' });
  const { rows } = await world.server.database.query(
    `select count(*)::int as entries from audit_logs where table_name = 'releases' and record_id = $1 and actor_type = 'system'`,
    [String((await world.newest()).id)],
  );
  expect(rows).toEqual([{ entries: 1 }]);
});

test('a period is counted once, and one that is not over waits', async () => {
  await beginRollout();
  await downloads('1.1.0', 1, 8, 2);
  await downloads('1.0.0', 1, 50, 1);
  const evidence = async () => {
    const { rows } = await world.server.database.query(
      `select network_evidence::text as e, network_read_until as at from release_guards`,
    );
    return rows.at(-1);
  };
  await guardAfter(11);
  expect((await evidence())?.['at'] ?? null).toBeNull();
  await guardAfter(13);
  const once = await evidence();
  expect(once?.['e']).not.toBe('{}');
  await guardAfter(14);
  expect(await evidence()).toEqual(once);
});
