// What a rehearsal says is what then happens: invented apps, devices and changes, asked through the doors.

import { refusals } from '@overair/protocol/device/refusals';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0, apiKeyRateLimit: 0 });
});
afterAll(() => server.close());

const BUNDLES = ['1.0.0', '1.0.1', '1.1.0', '2.0.0'];
const version = fc.constantFrom(...BUNDLES);
const mostly = fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const share = fc.constantFrom(0, 100, 2_500, 5_000, 7_500, 10_000);

const settings = {
  disableAutoUpdate: fc.constantFrom('none', 'none', 'major', 'minor', 'patch', 'version_number'),
  disableAutoUpdateUnderNative: fc.boolean(),
  ios: mostly,
  android: mostly,
  electron: mostly,
  allow_emulator: mostly,
  allow_device: mostly,
  allow_prod: mostly,
  allow_device_self_set: fc.boolean(),
};

const rollout = fc.record({
  rolloutVersion: version,
  rolloutPercentageBps: share,
  rolloutEnabled: mostly,
  rolloutPaused: fc.boolean(),
});

const channel = fc.record({
  settings: fc.record({ ...settings, public: mostly, version: fc.oneof(version, fc.constant(null)) }),
  rollout: fc.option(rollout),
});

const device = fc.record({
  platform: fc.constantFrom('ios', 'android', 'electron'),
  plugin_version: fc.constantFrom('4.9.0', '6.1.0', '8.51.14'),
  version_build: fc.constantFrom('0.9.0', '1.0.0', '1.1.0', '2.0.0'),
  version_name: fc.constantFrom('builtin', ...BUNDLES, '0.1.0'),
  is_prod: mostly,
  is_emulator: fc.boolean(),
  defaultChannel: fc.constantFrom('', '', 'beta', 'gone'),
  isForced: fc.boolean(),
  /** What it could not start, twice. */
  failed: fc.option(version, { freq: 4 }),
});

const channelName = fc.constantFrom('production', 'production', 'beta');
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ...settings, version }, { requiredKeys: ['version'] }).map(saving) },
  { weight: 3, arbitrary: rollout.map(saving) },
  { weight: 1, arbitrary: fc.record({ rolloutPercentageBps: share }).map(saving) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom({ rollback: true }, { promoteToStable: true }, { public: false }, { public: true })
      .map(saving),
  },
  { weight: 1, arbitrary: fc.constant({ call: 'POST /rollback', input: {} }) },
  { weight: 1, arbitrary: fc.constant({ call: 'DELETE /channel', input: {} }) },
  {
    weight: 1,
    arbitrary: version.map((name) => ({ call: 'POST /bundle/metadata', input: { name, min_update_version: '1.0.5' } })),
  },
);

function saving(input: object) {
  return { call: 'POST /channel', input };
}

const world = fc.record({
  production: channel,
  beta: channel,
  least: fc.array(fc.constantFrom('0.1.0', '1.0.0', '3.0.0'), { minLength: BUNDLES.length, maxLength: BUNDLES.length }),
  devices: fc.array(device, { minLength: 4, maxLength: 10 }),
  on: channelName,
  change,
});
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;
type Device = World['devices'][number] & { device_id: string };

let apps = 0;
let devices = 0;

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload: object, headers: object = {}) {
  const query = method === 'GET' ? `?${new URLSearchParams(payload as Record<string, string>)}` : '';
  const answer = await server.app.inject({
    method,
    url: url + query,
    headers: { authorization: server.adminKey, ...headers },
    ...(method !== 'GET' && { payload: JSON.stringify(payload) }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

async function build({ production, beta, least }: World): Promise<string> {
  const app_id = `com.rehearsed.app${apps++}`;
  const { db } = server.database;
  const owner_org = server.orgId;
  await db.insertInto('apps').values({ app_id, owner_org, name: app_id }).execute();
  const place = { storage_provider: 'external' as const, external_url: 'https://cdn.test/b.zip' };
  const rows = BUNDLES.map((name, i) => ({ app_id, owner_org, name, min_update_version: least[i]!, ...place }));
  await db.insertInto('bundles').values(rows).execute();
  for (const [name, made] of Object.entries({ beta, production })) {
    const place = { app_id, channel: name };
    expect((await call('POST', '/channel', { ...place, ...made.settings })).status).toBe(200);
    // A rollout needs a stable bundle: where there is none it is refused, and the channel goes without.
    if (made.rollout) await call('POST', '/channel', { ...place, ...made.rollout });
  }
  return app_id;
}

/** What the device is told now: the bundle to run, or why none. */
async function check(app_id: string, { isForced: _, failed: _failed, ...told }: Device) {
  const payload = { app_id, version_os: '16', custom_id: '', ...told };
  const answer = (await server.ask({ method: 'POST', url: '/updates', payload })).json();
  return answer.error === undefined ? { target: answer.version as string } : { code: answer.error as string };
}

async function meet(app_id: string, each: Device): Promise<void> {
  await check(app_id, each);
  // Only onto a private channel; where beta is public, nobody is forced.
  if (each.isForced) await call('POST', '/device', { app_id, device_id: each.device_id, channel: 'beta' });
  if (each.failed === null) return;
  const { isForced: _, failed: version_name, ...told } = each;
  for (const _twice of [1, 2]) {
    const payload = { app_id, version_os: '16', custom_id: '', ...told, action: 'update_fail', version_name };
    await server.ask({ method: 'POST', url: '/stats', payload });
  }
}

async function written(): Promise<void> {
  const { sightings, served, recorder, snapshots } = server.parts;
  await sightings.flush();
  await served.flush();
  await recorder.drain();
  await snapshots.caughtUp();
}

const explain = async (app_id: string, { device_id }: Device) =>
  (await call('GET', '/device/explain', { app_id, device_id })).body as {
    channel: string | null;
    outcome: string;
    steps: [];
  };

type Told = Awaited<ReturnType<typeof check>>;
interface Seen {
  device: Device;
  told: Told;
  channel: string | null;
}

async function ask(app_id: string, fleet: readonly Device[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const each of fleet) {
    const told = await check(app_id, each);
    seen.push({ device: each, told, channel: (await explain(app_id, each)).channel });
  }
  return seen;
}

const counted = (names: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]));

/** The same counts as a rehearsal's, from what the devices were really told. */
function compare(before: readonly Seen[], after: readonly Seen[], touched: readonly string[]) {
  const isTouched = (channel: string | null) => channel !== null && touched.includes(channel);
  const pairs = before.map((was, i) => ({ was, is: after[i]! }));
  const concerned = pairs.filter(
    ({ was, is }) => isTouched(was.channel) || isTouched(is.channel) || was.told.target !== is.told.target,
  );
  const way = ({ device }: Seen, to: string) => `${device.version_name} to ${to}`;
  const moved = concerned.filter(({ was, is }) => is.told.target !== undefined && is.told.target !== was.told.target);
  const pending = concerned.filter(({ was, is }) => is.told.target !== undefined && is.told.target === was.told.target);
  const held = concerned.filter(({ was, is }) => is.told.target === undefined && was.told.target !== undefined);
  const codes = concerned.flatMap(({ is }) => is.told.code ?? []);
  const isUpToDate = (code: string) => refusals[code as keyof typeof refusals].kind === 'up_to_date';
  return {
    concerned: concerned.length,
    moves: counted(moved.map(({ is }) => way(is, is.told.target!))),
    pending: counted(pending.map(({ is }) => way(is, is.told.target!))),
    held_back: counted(held.map(({ was }) => way(was, was.told.target!))),
    up_to_date: codes.filter(isUpToDate).length,
    refused: counted(codes.filter((code) => !isUpToDate(code))),
  };
}

interface Row {
  from: string;
  to: string;
  devices: number;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came
const said = (rehearsal: any) => {
  const rows = (list: Row[]) => Object.fromEntries(list.map(({ from, to, devices: n }) => [`${from} to ${to}`, n]));
  const { devices: numbers, refused } = rehearsal;
  return {
    concerned: numbers.concerned,
    moves: rows(rehearsal.moves),
    pending: rows(rehearsal.pending),
    held_back: rows(rehearsal.held_back),
    up_to_date: numbers.up_to_date,
    refused,
  };
};

async function inputFor(app_id: string, { on, change: { input, call: name } }: World): Promise<object> {
  if (name !== 'POST /bundle/metadata') return { app_id, channel: on, ...input };
  const { name: bundle, ...rest } = input as { name: string };
  const { id } = await server.database.db
    .selectFrom('bundles')
    .select('id')
    .where('app_id', '=', app_id)
    .where('name', '=', bundle)
    .executeTakeFirstOrThrow();
  return { app_id, version_id: id, ...rest };
}

async function comesTrue(given: World): Promise<void> {
  const app_id = await build(given);
  const fleet = given.devices.map((each): Device => {
    return { ...each, device_id: `00000000-0000-4000-8000-${(devices++).toString(16).padStart(12, '0')}` };
  });
  for (const each of fleet) await meet(app_id, each);
  await written();
  const before = await ask(app_id, fleet);
  await written();
  const { call: name } = given.change;
  const input = await inputFor(app_id, given);
  const prepared = await call('POST', '/prepare', { call: name, input });
  // The plain call, whatever the rehearsal said.
  const [method, url] = name.split(' ') as ['POST', string];
  const plain = await call(method, url, input);
  expect(plain.status, plain.body.message).toBe(prepared.status);
  if (plain.status !== 200) {
    expect(plain.body).toEqual(prepared.body);
    return;
  }
  const { rehearsal } = prepared.body;
  expect(rehearsal.devices.known).toBe(fleet.length);
  const touched = rehearsal.channels.map((each: { channel: string }) => each.channel);
  const after = await ask(app_id, fleet);
  expect(said(rehearsal)).toEqual(compare(before, after, touched));
}

test('a rehearsal says what then happens', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(world, comesTrue), { numRuns: 12, endOnFailure: true });
});
