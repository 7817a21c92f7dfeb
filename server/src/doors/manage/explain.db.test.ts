// Why a phone got what it got: at any moment on record, with facts that are invented, and what would change it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GuardedApp, openGuardedApp } from '../../rollouts/testing/guarded-app.ts';

let world: GuardedApp;
let device_id: string;

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  device_id = world.newId();
});

async function explain(query: Record<string, string | object> = {}, status = 200, id = device_id) {
  const shown = Object.entries(query).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const text = new URLSearchParams({ app_id: world.app_id, device_id: id, ...Object.fromEntries(shown) });
  return world.manage('GET', `/device/explain?${text}`, undefined, status);
}

/** The clock of the database after all that was said is stored. */
async function moment(): Promise<string> {
  const { sightings, recorder } = world.server.parts;
  await sightings.flush();
  await recorder.idle();
  const { rows } = await world.server.database.query(
    `select clock_timestamp() + interval '2 ms' as at, pg_sleep(0.003)`,
  );
  return (rows[0]!['at'] as Date).toISOString();
}

describe('at a moment of the past', () => {
  test('it is told what was decided then, before the offer, between offer and start, and after', async () => {
    await world.ask(device_id, '1.0.0');
    const before = await moment();
    await world.promote('1.1.0');
    await world.ask(device_id, '1.0.0');
    const offered = await moment();
    await world.tell(device_id, 'set', '1.1.0');
    const started = await moment();
    await world.tell(device_id, 'update_fail', '1.1.0');
    const failed = await moment();
    await world.set({ disableAutoUpdate: 'none', version: '1.2.0' });

    expect(await explain({ at: before })).toMatchObject({
      at: before,
      outcome: 'no_new_version_available',
      running_version: '1.0.0',
      offered_version: null,
    });
    expect(await explain({ at: offered })).toMatchObject({
      outcome: 'update',
      version: '1.1.0',
      running_version: '1.0.0',
      offered_version: '1.1.0',
    });
    expect(await explain({ at: started })).toMatchObject({
      outcome: 'no_new_version_available',
      running_version: '1.1.0',
      facts: { version_name: '1.1.0' },
    });
    expect(await explain({ at: failed })).toMatchObject({
      outcome: 'update',
      version: '1.1.0',
      running_version: '1.0.0',
    });
    expect(await explain()).toMatchObject({ at: null, outcome: 'update', version: '1.2.0', assumed: [] });
  });

  test('what the device was then counts, and what is not on record is said to be of today', async () => {
    await world.set({ version: '1.0.0', disableAutoUpdate: 'none', allow_prod: false });
    await world.tell(device_id, 'app_moved_to_foreground', '0.9.0', { is_prod: false, version_build: '0.9.0' });
    const then = await moment();
    await world.tell(device_id, 'app_moved_to_foreground', '0.9.0', { version_build: '1.0.0' });
    await moment();
    expect(await explain({ at: then })).toMatchObject({
      outcome: 'update',
      facts: { is_prod: false, version_build: '0.9.0' },
      assumed: expect.arrayContaining(['default_channel', 'key_id']),
    });
    expect(await explain()).toMatchObject({ outcome: 'disable_prod_build', facts: { version_build: '1.0.0' } });
  });

  test('a bundle that failed twice is withheld from the second failure on, not before', async () => {
    await world.promote('1.1.0');
    await world.ask(device_id, '1.0.0');
    await world.tell(device_id, 'update_fail', '1.1.0');
    const once = await moment();
    await world.tell(device_id, 'update_fail', '1.1.0');
    const twice = await moment();
    expect(await explain({ at: once })).toMatchObject({ outcome: 'update' });
    expect(await explain({ at: twice })).toMatchObject({ outcome: 'bundle_failed_on_device' });
  });

  test.each([
    ['2020-01-01T00:00:00Z', 'not_on_record'],
    ['2199-01-01T00:00:00Z', 'invalid_at'],
    ['yesterday', 'invalid_body'],
  ])('%s is refused: %s', async (at, error) => {
    await world.ask(device_id, '1.0.0');
    expect(await explain({ at }, 400)).toMatchObject({ error });
  });

  test('a device that came later was not known then', async () => {
    const then = await moment();
    await world.ask(device_id, '1.0.0');
    await moment();
    expect(await explain({ at: then }, 404)).toMatchObject({ error: 'device_not_found' });
  });
});

describe('with invented facts', () => {
  test('what is given takes the place of what is known', async () => {
    await world.promote('1.1.0');
    await world.ask(device_id, '1.0.0');
    expect(await explain()).toMatchObject({ outcome: 'update' });
    expect(await explain({ facts: { version_build: '3' } })).toMatchObject({
      outcome: 'disable_auto_update_under_native',
      facts: { version_build: '3.0.0', version_name: '1.0.0' },
    });
    expect(await explain({ facts: { version_name: '1.1.0' } })).toMatchObject({ outcome: 'no_new_version_available' });
    // As a command line gives them.
    await world.set({ allow_emulator: false });
    expect(await explain({ facts: { is_emulator: 'true' } })).toMatchObject({ outcome: 'disable_emulator' });
    expect(await explain()).toMatchObject({ outcome: 'update' });
  });

  test('a channel is asked as if the device were forced onto it', async () => {
    await world.set({ channel: 'beta', version: '1.2.0' });
    await world.ask(device_id, '1.0.0');
    expect(await explain({ facts: { channel: 'beta' } })).toMatchObject({ channel: 'beta', version: '1.2.0' });
    expect(await explain({ facts: { default_channel: 'beta' } })).toMatchObject({ outcome: 'no_channel' });
    expect(await explain({ facts: { channel: 'gamma' } }, 404)).toMatchObject({ error: 'channel_not_found' });
  });

  test('a device that nobody saw can be invented as a whole', async () => {
    await world.promote('1.1.0');
    const facts = { platform: 'ios', plugin_version: '8.0.0', version_build: '1.0.0' };
    expect(await explain({ facts })).toMatchObject({
      outcome: 'update',
      version: '1.1.0',
      facts: { version_name: 'builtin' },
    });
    expect(await explain({ facts: { platform: 'ios' } }, 400)).toMatchObject({
      error: 'missing_facts',
      moreInfo: { missing: ['plugin_version', 'version_build'] },
    });
    expect(await explain({}, 404)).toMatchObject({ error: 'device_not_found' });
  });

  test.each<[string | object, string, RegExp]>([
    [{ version: '1.0.0' }, 'invalid_body', /"version" is not known here, expected are platform,/],
    [{ is_prod: 'perhaps' }, 'invalid_body', /Invalid body/],
    [{ platform: 'windows' }, 'invalid_fact', /platform must be/],
    [{ version_build: 'x.y' }, 'invalid_fact', /version_build must be a version/],
    ['[1]', 'invalid_facts', /JSON object/],
    ['{', 'invalid_facts', /JSON object/],
  ])('%j is refused', async (facts, error, message) => {
    await world.ask(device_id, '1.0.0');
    const answer = await explain({ facts }, 400);
    expect(answer.error).toBe(error);
    expect(answer.message).toMatch(message);
  });
});

test('a refusal names what would change it, and what would refuse next', async () => {
  await world.manage('POST', '/bundle', {
    ...{ app_id: world.app_id, version: '2.0.0', external_url: 'https://cdn.test/2.zip', checksum: 'a'.repeat(64) },
  });
  await world.set({ version: '2.0.0', allow_prod: false });
  await world.ask(device_id, '1.0.0');
  const { would_change } = await explain();
  expect(would_change).toMatchObject([
    {
      check: 'major is allowed',
      code: 'disable_auto_update_to_major',
      changes: [
        { code: 'channel_setting', channel: 'production', setting: 'disable_auto_update', value: 'none' },
        { code: 'native_version', value: '2.0.0' },
      ],
    },
    { code: 'disable_prod_build', changes: [{ setting: 'allow_prod', value: 'true' }] },
  ]);
  await world.set({ disableAutoUpdate: 'none', allow_prod: true });
  expect(await explain()).toMatchObject({ outcome: 'update', would_change: [] });
});
