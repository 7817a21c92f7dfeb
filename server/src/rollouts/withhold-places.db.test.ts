// A bundle that fails on one native build or OS version is withheld there, through the doors. The channel serves 1.0.0, then 1.1.0.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { guardReleases } from './guard-releases.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;
const { app_id } = { app_id: 'com.example.guarded' };

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  await world.promote('1.1.0');
});

interface Phone {
  version_build?: string;
  version_os?: string;
  platform?: string;
}

async function post(url: string, body: unknown, remoteAddress: string) {
  return (await world.server.app.inject({ method: 'POST', url, payload: JSON.stringify(body), remoteAddress })).json();
}

const phone = (device_id: string, facts: object) => ({
  ...{ app_id, device_id, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
  ...{ version_name: '0.9.0', ...facts },
});

/** Devices that are offered the bundle and report about it, each from a network of its own unless told. */
async function devices(count: number, facts: Phone, actions: string[], network?: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const id = world.newId();
    const ip = `10.${network ?? 10}.${network === undefined ? nets++ % 250 : 1}.7`;
    expect(await post('/updates', phone(id, facts), ip)).toMatchObject({ version: '1.1.0' });
    for (const action of actions) await post('/stats', [{ ...phone(id, facts), version_name: '1.1.0', action }], ip);
  }
}
let nets = 0;

const ask = (facts: Phone = {}) => post('/updates', phone(world.newId(), facts), '10.99.0.1');
const withheld = async () => (await world.manage('GET', `/withheld?app_id=${app_id}`)).data;
const FAILS = ['set', 'update_fail'];

/** The guard looks. All these devices were known before the release: of a new fleet it counts a few alone. */
async function look(): Promise<void> {
  await beKnown();
  await world.guard();
}

async function beKnown(): Promise<void> {
  await world.server.parts.sightings.flush();
  await world.server.database.query(`update devices set created_at = created_at - interval '1 day' where app_id = $1`, [
    app_id,
  ]);
}

async function begin15Good(): Promise<void> {
  await devices(15, {}, ['set']);
}

test('three devices of one native build are enough where all fail, and only there', async () => {
  await begin15Good();
  await devices(3, { version_build: '1.0.9', version_os: '16' }, FAILS);
  await look();
  expect(await withheld()).toMatchObject([
    { bundle: '1.1.0', scope: 'native', platform: 'android', version: '1.0.9', failed: 3, passed: 0, lifted_at: null },
  ]);
  expect(await ask({ version_build: '1.0.9' })).toMatchObject({
    error: 'bundle_withheld_here',
    kind: 'blocked',
    version: '1.1.0',
  });
  expect(await ask()).toMatchObject({ version: '1.1.0' });
  expect(await ask({ version_build: '1.0.9', platform: 'ios' })).toMatchObject({ version: '1.1.0' });
  expect(await world.newest()).toMatchObject({ state: 'running', withheld: [{ version: '1.0.9' }] });
});

test('an OS version is a place too', async () => {
  await begin15Good();
  for (const version_build of ['1.0.1', '1.0.2', '1.0.3', '1.0.4'])
    await devices(1, { version_build, version_os: '9' }, FAILS);
  await look();
  expect(await withheld()).toMatchObject([{ scope: 'os', platform: 'android', version: '9' }]);
  expect(await ask({ version_os: '9' })).toMatchObject({ error: 'bundle_withheld_here' });
  expect(await ask({ version_os: '16' })).toMatchObject({ version: '1.1.0' });
});

test('of one network two devices count: who invents devices moves nothing', async () => {
  // What the guard makes of them everywhere is another matter.
  await world.set({ guard_action: 'tell' });
  await begin15Good();
  await devices(12, { version_build: '1.0.9' }, ['set', 'set_fail'], 77);
  await look();
  expect(await withheld()).toEqual([]);
  // What a real device of another network adds is counted beside them.
  await devices(1, { version_build: '1.0.9' }, FAILS);
  await look();
  expect(await withheld()).toMatchObject([{ version: '1.0.9', failed: 3 }]);
});

test('devices that start it elsewhere do not excuse it, those that start it there do', async () => {
  await begin15Good();
  await devices(60, { version_build: '1.0.9', version_os: '15' }, ['set']);
  await devices(2, { version_build: '1.0.9', version_os: '15' }, FAILS);
  await look();
  expect(await withheld()).toEqual([]);
});

test('a person lifts it, once and for all, and the audit log has both', async () => {
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await look();
  const [{ id, release_id }] = await withheld();
  const lifted = await world.manage('POST', '/withheld/lift', { app_id, id });
  expect(lifted).toMatchObject({ id, lifted_at: expect.any(String), lifted_by: expect.stringContaining('key') });
  expect(await ask({ version_build: '1.0.9' })).toMatchObject({ version: '1.1.0' });
  expect(await world.manage('POST', '/withheld/lift', { app_id, id })).toEqual(lifted);
  await devices(1, { version_build: '1.0.9' }, FAILS);
  await look();
  expect(await ask({ version_build: '1.0.9' })).toMatchObject({ version: '1.1.0' });
  const entries = await world.server.database.db
    .selectFrom('audit_logs')
    .select(['actor_type', 'changed_fields'])
    .where('table_name', '=', 'releases')
    .where('record_id', '=', String(release_id))
    .orderBy('id')
    .execute();
  expect(entries).toEqual([
    { actor_type: 'system', changed_fields: ['withheld'] },
    { actor_type: 'apikey', changed_fields: ['withheld'] },
  ]);
});

test.each([
  ['the rule is off', { withhold_failing: false }],
  ['the guard is off', { guard_action: 'off' }],
])('nothing is withheld where %s', async (_, settings) => {
  await world.set(settings);
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await look();
  expect(await withheld()).toEqual([]);
});

test('a release that a person keeps is withheld nowhere', async () => {
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await world.answer('1.1.0', 'keep');
  await look();
  expect(await withheld()).toEqual([]);
});

test('two workers at once withhold it once', async () => {
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await beKnown();
  const now = new Date(Date.now() + 1000);
  await Promise.all([guardReleases(world.server.parts, now), guardReleases(world.server.parts, now)]);
  const all = await withheld();
  expect(all).toHaveLength(1);
  const { rows } = await world.server.database.query(
    `select count(*)::int as entries from audit_logs where record_id = $1 and 'withheld' = any(changed_fields)`,
    [String(all[0].release_id)],
  );
  expect(rows).toEqual([{ entries: 1 }]);
});

test('it is a matter for somebody until it is lifted or another bundle is served', async () => {
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await look();
  const matters = async () =>
    (await world.manage('GET', `/attention?app_id=${app_id}`)).data.filter(
      ({ kind }: { kind: string }) => kind === 'bundle_withheld',
    );
  expect(await matters()).toMatchObject([
    { severity: 'warning', channel: 'production', message: expect.stringContaining('android native version 1.0.9') },
  ]);
  await world.promote('1.2.0');
  expect(await matters()).toEqual([]);
});

test('explain names it, with what would change it, and tells the moment before apart', async () => {
  await begin15Good();
  const id = world.newId();
  await post('/updates', phone(id, { version_build: '1.0.9' }), '10.99.0.1');
  await devices(3, { version_build: '1.0.9' }, FAILS);
  await world.server.parts.recorder.idle();
  const { rows } = await world.server.database.query(`select clock_timestamp() as at, pg_sleep(0.003)`);
  const before = (rows[0]!['at'] as Date).toISOString();
  await look();
  const explain = (more = '') => world.manage('GET', `/device/explain?app_id=${app_id}&device_id=${id}${more}`);
  expect(await explain()).toMatchObject({
    outcome: 'bundle_withheld_here',
    would_change: [{ check: 'bundle is not withheld here', changes: [{ code: 'lift_withheld', value: '1.1.0' }, {}] }],
  });
  expect(await explain(`&at=${before}`)).toMatchObject({ outcome: 'update', version: '1.1.0' });
});

test('a rehearsal counts who is withheld, by native build and by OS version, as /updates decides', async () => {
  await world.set({ guard_action: 'tell' });
  await begin15Good();
  await devices(3, { version_build: '1.0.9' }, FAILS);
  for (const version_build of ['1.0.1', '1.0.2', '1.0.3', '1.0.4'])
    await devices(1, { version_build, version_os: '9' }, FAILS);
  await look();
  // Devices that run 0.9.0, at both places and elsewhere.
  for (const facts of [{ version_build: '1.0.9' }, { version_os: '9' }, { version_os: '9' }, {}]) await ask(facts);
  await world.server.parts.sightings.flush();
  const { refused, devices: counted } = await world.manage('POST', '/rehearse', {
    app_id,
    channel: 'production',
    change: { allow_dev: true },
  });
  expect(refused).toEqual({ bundle_withheld_here: 3 });
  expect(counted).toMatchObject({ refused: 3 });
});

test.each([
  [{ id: 'x' }, 400, 'invalid_id'],
  [{ id: 999_999 }, 404, 'cannot_find_withheld'],
  [{}, 400, 'missing_id'],
])('lifting %j is refused', async (body, status, error) => {
  expect(await world.manage('POST', '/withheld/lift', { app_id, ...body }, status)).toMatchObject({ error });
});
