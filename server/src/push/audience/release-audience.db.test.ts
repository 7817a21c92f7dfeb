// Who hears of a release is whom /updates serves: over generated apps the SQL and the pure decision name the same phones.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureFirstKey } from '../../accounts/first-key.ts';
import type { Db } from '../../db/database.ts';
import { knownDevice } from '../../devices/sql.ts';
import { findNewestBundle } from '../../releases/newest-bundle.ts';
import { listensTo } from '../../releases/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { decide } from '../../updates/decide.ts';
import { loadStates } from '../../updates/load-state.ts';
import type { AppState } from '../../updates/release-state.ts';
import { aQuestion } from '../../updates/testing/arbitraries.ts';
import { NO_FACTS, NO_SELECTOR } from './audience.ts';
import { countTargets } from './count-targets.ts';
import { listReachableApps, listTargets, type Selection } from './targets.ts';

/** Some differ in case alone. */
const channelNames = ['production', 'Production', 'beta', 'ünï', "o'hara"];
const askedNames = [...channelNames, 'gone'];
const bundleNames = ['1.0.0', '2.0.0', 'builtin', 'unknown'];
const platforms = ['ios', 'android', 'electron'] as const;
/** On either side of every boundary in what clients do with the name of a channel, and what is no version at all. */
const pluginVersions = [
  ...['4.9.0', 'v4.0.0', '4.9', '4.9.0-rc.1+7', '5.49.9', '5.50.0', '5.50.0-rc.1', '6.49.0', '6.50.0', '7.49.0'],
  ...['7.50.0+build.1', '8.47.8', '8.47.9', '8.47.9-0', '8.47.10', ' v8.50.0 ', '08.50.0', '8.050.0', '8.50', 'x', ''],
  ...['3.99.0', '0.0.1', '9.90.0', '10.0.0', '11.0.0', `8.${'9'.repeat(16)}.0`],
];

const often = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const maybeBundle = fc.option(fc.constantFrom(...bundleNames), { freq: 6 });

const channel = fc.record({
  name: fc.constantFrom(...channelNames),
  version: maybeBundle,
  public: fc.boolean(),
  allow_device_self_set: fc.boolean(),
  ios: often(3),
  android: often(3),
  electron: often(3),
  rollout_version: maybeBundle,
  rollout_enabled: often(3),
  rollout_percentage_bps: fc.constantFrom(0, 500, 10_000),
  rollout_paused_at: fc.option(fc.constant(new Date('2026-01-01')), { freq: 2 }),
});

const device = fc.record({
  platform: fc.constantFrom(...platforms),
  plugin_version: fc.constantFrom(...pluginVersions),
  default_channel: fc.constantFrom(null, '', ...askedNames),
  forcedOnto: fc.option(fc.constantFrom(...channelNames), { freq: 2 }),
});

const formerDefault = fc.record({ name: fc.constantFrom(...askedNames), platform: fc.constantFrom(...platforms) });

const app = fc.record({
  bundles: fc.uniqueArray(fc.record({ name: fc.constantFrom(...bundleNames), deleted: fc.boolean() }), {
    selector: ({ name }) => name,
    minLength: 2,
  }),
  channels: fc.uniqueArray(channel, { selector: ({ name }) => name, maxLength: 5 }).map(oneDefaultEach),
  formerDefaults: fc.uniqueArray(formerDefault, { selector: JSON.stringify, maxLength: 6 }),
  devices: fc.array(device, { minLength: 12, maxLength: 12 }),
});

/** A platform has one default channel at most: the first. */
function oneDefaultEach(channels: ChannelSample[]): ChannelSample[] {
  const taken = new Set<string>();
  return channels.map((each) => {
    const wanted = platforms.filter((platform) => each[platform]);
    if (!each.public || wanted.some((platform) => taken.has(platform))) return { ...each, public: false };
    for (const platform of wanted) taken.add(platform);
    return each;
  });
}
type ChannelSample = typeof channel extends fc.Arbitrary<infer T> ? T : never;

const apps = fc.sample(app, { numRuns: 300, seed: 20_261_127 }).map((each, at) => ({
  ...each,
  app_id: `com.example.audience${at}`,
  devices: each.devices.map((phone, place) => ({
    ...phone,
    device_id: `00000000-0000-4000-8000-${String(at * 100 + place).padStart(12, '0')}`,
  })),
}));
type App = (typeof apps)[number];
type Device = App['devices'][number];

let database: TestDatabase;
let states: ReadonlyMap<string, AppState>;

beforeAll(async () => {
  database = await openTestDatabase();
  const { db } = database;
  const { org_id } = await ensureFirstKey(db, 'test-admin-key-0123456789');
  await db.transaction().execute((trx) => saveApps(trx, org_id));
  const loaded = await loadStates(
    db,
    apps.map(({ app_id }) => app_id),
  );
  states = new Map(loaded.map((state) => [state.app_id, state]));
});
afterAll(() => database.close());

async function saveApps(trx: Db, owner_org: string): Promise<void> {
  const owned = ({ app_id }: App) => ({ app_id, owner_org });
  await trx
    .insertInto('apps')
    .values(apps.map((each) => ({ ...owned(each), name: each.app_id })))
    .execute();
  const bundles = await trx
    .insertInto('bundles')
    .values(
      apps.flatMap((each) =>
        each.bundles.map((row) => ({ ...owned(each), ...row, storage_provider: 'none' })),
      ) as never,
    )
    .returning(['app_id', 'name', 'id'])
    .execute();
  const bundleIds = new Map(bundles.map(({ app_id, name, id }) => [`${app_id} ${name}`, id]));
  const channels = await trx
    .insertInto('channels')
    .values(
      apps.flatMap((each) =>
        each.channels.map((row) => ({
          ...owned(each),
          ...row,
          version: bundleIds.get(`${each.app_id} ${row.version}`) ?? null,
          rollout_version: bundleIds.get(`${each.app_id} ${row.rollout_version}`) ?? null,
        })),
      ),
    )
    .returning(['app_id', 'name', 'id'])
    .execute();
  const channelIds = new Map(channels.map(({ app_id, name, id }) => [`${app_id} ${name}`, id]));
  await trx
    .insertInto('channel_devices')
    .values(
      apps.flatMap((each) =>
        each.devices.flatMap(({ device_id, forcedOnto }) => {
          const channel_id = channelIds.get(`${each.app_id} ${forcedOnto}`);
          return channel_id === undefined ? [] : [{ ...owned(each), device_id, channel_id }];
        }),
      ),
    )
    .execute();
  // Opening a channel forgets its name, so these come after the channels.
  await trx
    .insertInto('former_defaults')
    .values(apps.flatMap(({ app_id, formerDefaults }) => formerDefaults.map((row) => ({ app_id, ...row }))))
    .execute();
  const devices = apps.flatMap(({ app_id, devices }) => devices.map((row) => ({ app_id, ...row })));
  await trx
    .insertInto('devices')
    .values(
      devices.map(({ forcedOnto: _, ...row }) => ({
        ...row,
        version_build: '1.0.0',
        custom_id: '',
        is_prod: true,
        is_emulator: false,
      })),
    )
    .execute();
  await trx
    .insertInto('push_devices')
    .values(
      devices.map(({ app_id, device_id }) => ({
        app_id,
        device_id,
        registration_id: device_id,
        platform: 'android' as const,
        channel: 'fcm' as const,
      })),
    )
    .execute();
}

const decisionFor = ({ app_id }: App, { device_id, platform, plugin_version, default_channel }: Device) =>
  decide(states.get(app_id), aQuestion({ device_id, platform, plugin_version, defaultChannel: default_channel ?? '' }));

const selectionOf = (app_id: string, channel: readonly string[]): Selection => ({
  app_id,
  audience: { ...NO_SELECTOR, live_update: { ...NO_FACTS, channel } },
  segment: undefined,
  kinds: { android: ['message'] },
  reach: [{ channel: 'fcm', only: {}, columns: [] }],
  web_active_days: 0,
});

async function reached(app_id: string, channel: readonly string[]): Promise<string[]> {
  const targets = await listTargets(database.db, selectionOf(app_id, channel), { shard: -1, id: 0 }, 32_767, 100);
  return targets.map(({ registration_id }) => registration_id).sort();
}

const nameOf = (each: App, phone: Device): string => `${each.app_id} ${phone.device_id}`;
/** A statement on single apps costs PGlite some milliseconds. */
const few = apps.slice(0, 40);

test('the rule in SQL is the rule of the decision, for every device of every app', async () => {
  const app_ids = apps.map(({ app_id }) => app_id);
  for (const name of askedNames) {
    const listening = await database.db
      .selectFrom('devices as known')
      .select(['app_id', 'device_id'])
      .where(listensTo(knownDevice, { app_ids, channels: [name] }))
      .execute();
    const told = new Set(listening.map(({ app_id, device_id }) => `${app_id} ${device_id}`));
    const wrong = apps.flatMap((each) =>
      each.devices.flatMap((phone) => {
        const served = decisionFor(each, phone).channel?.name;
        return told.has(nameOf(each, phone)) === (served === name)
          ? []
          : [{ told: name, served, ...phone, app: each.app_id }];
      }),
    );
    expect({ wrong: wrong.length, among: wrong.slice(0, 5) }).toEqual({ wrong: 0, among: [] });
  }
});

test('a push to a channel reaches who is decided for in it', async () => {
  for (const each of few) {
    for (const name of askedNames) {
      const served = each.devices.filter((phone) => decisionFor(each, phone).channel?.name === name);
      expect(await reached(each.app_id, [name])).toEqual(served.map(({ device_id }) => device_id).sort());
    }
  }
});

test('several channels are asked for at once, and counting is the same as listing', async () => {
  for (const each of few) {
    const wanted = ['production', 'beta'];
    const served = each.devices.filter((phone) => wanted.includes(decisionFor(each, phone).channel?.name ?? ''));
    expect(await reached(each.app_id, wanted)).toEqual(served.map(({ device_id }) => device_id).sort());
    expect(await countTargets(database.db, selectionOf(each.app_id, wanted))).toBe(served.length);
  }
});

test('the apps that reach anybody are those where somebody is served', async () => {
  const some = apps.filter((each) => each.devices.some((phone) => decisionFor(each, phone).channel?.name === 'beta'));
  const selections = apps.map(({ app_id }) => selectionOf(app_id, ['beta']));
  const found = await listReachableApps(database.db, selections);
  expect([...found].sort()).toEqual(some.map(({ app_id }) => app_id).sort());
});

test('the bundle of a notice is the newest that the channel serves', async () => {
  for (const each of few) {
    for (const name of askedNames) {
      const served = states.get(each.app_id)?.channels.find((row) => row.name === name);
      const rollsOut = served?.rollout?.enabled && !served.rollout.paused && served.rollout.percentageBps > 0;
      const newest = rollsOut ? served?.rollout?.bundle : served?.bundle;
      const expected = served?.unusable ? undefined : newest?.name;
      expect([each.app_id, name, await findNewestBundle(database.db, each.app_id, name)]).toEqual([
        each.app_id,
        name,
        expected,
      ]);
    }
  }
});

/** Without these the tests above would prove little. */
test('the apps are of every kind that the rule knows', () => {
  const kinds = new Set<string>();
  for (const each of apps) {
    const state = states.get(each.app_id) as AppState;
    for (const phone of each.devices) {
      const decision = decisionFor(each, phone);
      const forced = state.overrides.has(phone.device_id);
      const named = phone.default_channel || undefined;
      const former = named !== undefined && state.formerDefaults.get(named)?.includes(phone.platform) === true;
      const outcome = decision.channel === undefined ? 'none' : named === decision.channel.name ? 'named' : 'other';
      const kind = `${forced ? 'forced' : 'free'} ${former ? 'former' : named ? 'asks' : 'silent'} ${outcome}`;
      kinds.add(kind);
    }
  }
  expect([...kinds].sort()).toEqual([
    ...['forced asks named', 'forced asks none', 'forced asks other', 'forced former named', 'forced former none'],
    ...['forced former other', 'forced silent none', 'forced silent other', 'free asks named', 'free asks none'],
    ...['free former named', 'free former none', 'free former other', 'free silent none', 'free silent other'],
  ]);
});
