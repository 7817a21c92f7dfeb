// The record of what /updates decided by: at every moment it is the state that was in memory then.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cleanUp } from '../releases/retention.ts';
import { type GuardedApp, openGuardedApp } from '../rollouts/testing/guarded-app.ts';
import { decide } from './decide.ts';
import { loadStates } from './load-state.ts';
import type { AppState, Bundle } from './release-state.ts';
import { stateAt } from './state-at.ts';
import { aQuestion } from './testing/arbitraries.ts';

const device_id = '00009a6b-eefe-490a-9c60-8e965132ae51';
let world: GuardedApp;

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

const { app_id } = { app_id: 'com.example.guarded' };
const db = () => world.server.database.db;

async function loadNow(): Promise<AppState> {
  const [state] = await loadStates(db(), [app_id]);
  return state!;
}

/** The clock of the database, one millisecond ahead: nothing that was written before is missing. */
async function now(): Promise<Date> {
  const { rows } = await world.server.database.query(`select clock_timestamp() + interval '1 ms' as at`);
  return rows[0]!['at'] as Date;
}

/** Without what is only downloaded. */
const deciding = (bundle: Bundle | undefined) =>
  bundle && {
    ...{ id: bundle.id, name: bundle.name, key_id: bundle.key_id, external_url: bundle.external_url },
    ...{ object_sha256: bundle.object_sha256, min_update_version: bundle.min_update_version },
    isEncrypted: Boolean(bundle.session_key),
    hasManifest: bundle.manifest.length > 0,
  };

const comparable = (state: AppState) => ({
  ...state,
  failures: undefined,
  overrides: state.overrides.get(device_id),
  bundleNames: [...state.bundleNames].sort(),
  formerDefaults: [...state.formerDefaults].map(([name, platforms]) => [name, platforms.toSorted()]).sort(),
  channelsById: [...state.channelsById.keys()].sort(),
  channels: state.channels.map((channel) => ({
    ...channel,
    bundle: deciding(channel.bundle),
    rollout: channel.rollout && { ...channel.rollout, bundle: deciding(channel.rollout.bundle) },
  })),
});

/** What is remembered of the moment before `before`, as it is compared. */
async function then(before: Date) {
  const state = await stateAt(db(), await loadNow(), { device_id, before, failures: [] });
  return state && comparable(state);
}

const deeds: Record<string, () => Promise<unknown>> = {
  'a bundle is promoted': () => world.promote('1.1.0'),
  'a rollout begins': () => world.rollOut('1.2.0', 500),
  'its share grows': () => world.set({ rolloutPercentageBps: 5_000 }),
  'it is paused': () => world.set({ rolloutPaused: true }),
  'a person keeps it': () => world.answer('1.2.0', 'keep'),
  'a person stops it': () => world.answer('1.2.0', 'stop'),
  'it is kept after all': () => world.answer('1.2.0', 'keep'),
  'it is taken back': () => world.answer('1.2.0', 'take_back'),
  'a setting changes': () => world.set({ disableAutoUpdate: 'none', allow_emulator: false }),
  'another channel is there': () => world.set({ channel: 'beta', version: '1.2.0' }),
  'the device is forced onto it': () => world.manage('POST', '/device', { app_id, device_id, channel: 'beta' }),
  'that is renewed': () => db().updateTable('channel_devices').set({ updated_at: new Date() }).execute(),
  'it is let go': () => world.manage('DELETE', '/device', { app_id, device_id }),
  'the other channel is the default': () => world.set({ channel: 'beta', public: true }),
  'the bundle of a channel changes': () =>
    db().updateTable('bundles').set({ min_update_version: '1.0.0' }).where('name', '=', '1.2.0').execute(),
  'the other channel is deleted': () => world.manage('DELETE', '/channel', { app_id, channel: 'beta' }),
  'a bundle is deleted': () => world.manage('DELETE', '/bundle', { app_id, version: '1.2.0' }),
};

test('after every deed the record says what memory says, and it still says so later', async () => {
  const seen: { deed: string; before: Date; state: ReturnType<typeof comparable> }[] = [];
  for (const [deed, act] of Object.entries(deeds)) {
    await act();
    const before = await now();
    const state = comparable(await loadNow());
    expect(await then(before), deed).toEqual(state);
    seen.push({ deed, before, state });
  }
  for (const { deed, before, state } of seen) expect(await then(before), `long after ${deed}`).toEqual(state);
  const different = new Set(seen.map(({ state }) => JSON.stringify(state)));
  expect(different.size).toBeGreaterThanOrEqual(12);
});

test('what one transaction changed and changed back is no moment of its own', async () => {
  const count = async () =>
    (await db().selectFrom('release_history').select('id').where('app_id', '=', app_id).execute()).length;
  const before = await count();
  await db()
    .transaction()
    .execute(async (trx) => {
      for (const rollout_percentage_bps of [100, 200, 300]) {
        await trx.updateTable('channels').set({ rollout_percentage_bps }).where('app_id', '=', app_id).execute();
      }
    });
  expect(await count()).toBe(before + 1);
  await db()
    .updateTable('channels')
    .set({ auto_pause_last_checked_at: new Date() })
    .where('app_id', '=', app_id)
    .execute();
  expect(await count()).toBe(before + 1);
});

test('retention keeps what held at its edge, and no more', async () => {
  await world.promote('1.1.0');
  await world.promote('1.2.0');
  await world.set({ channel: 'gone' });
  await world.manage('DELETE', '/channel', { app_id, channel: 'gone' });
  await world.server.database.query(`update release_history set at = at - interval '500 days' where app_id = $1`, [
    app_id,
  ]);
  await cleanUp(world.server.parts as never, new Date());
  const rows = await db()
    .selectFrom('release_history')
    .select(['kind', 'facts'])
    .where('app_id', '=', app_id)
    .execute();
  expect(rows.map(({ kind }) => kind).sort()).toEqual(['app', 'channel']);
  const state = await stateAt(db(), await loadNow(), { device_id, before: await now(), failures: [] });
  expect(decide(state, aQuestion({ app_id, device_id }))).toMatchObject({ kind: 'update', bundle: { name: '1.2.0' } });
});

test('an app that is deleted takes its record along', async () => {
  await world.set({ channel: 'beta' });
  await world.manage('POST', '/device', { app_id, device_id: world.newId(), channel: 'beta' });
  await db().deleteFrom('apps').where('app_id', '=', app_id).execute();
  expect(await db().selectFrom('release_history').select('id').where('app_id', '=', app_id).execute()).toEqual([]);
});
