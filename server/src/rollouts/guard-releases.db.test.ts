import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { forgetDevices } from './count-trials.ts';
import { guardReleases } from './guard-releases.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;
let server: GuardedApp['server'];
const app_id = 'com.example.guarded';

beforeAll(async () => {
  world = await openGuardedApp();
  server = world.server;
});
afterAll(() => world.close());

const audit = () =>
  server.database.db
    .selectFrom('audit_logs')
    .select(['new_record', 'changed_fields', 'actor_type'])
    .where('table_name', '=', 'releases')
    .where('record_id', 'in', (eb) =>
      eb
        .selectFrom('releases')
        .select(({ cast }) => cast<string>('id', 'text').as('id'))
        .where('app_id', '=', app_id),
    )
    .execute();

/** The channel serves 1.0.0, which was kept, and then 1.1.0. */
beforeEach(async () => {
  await world.begin();
  await world.promote('1.1.0');
});

describe('a plain release', () => {
  test('that fails everywhere is stopped: nobody new is offered it, who runs it keeps it, and the owner hears why', async () => {
    const [first] = await world.devices(40, '1.1.0', 'download_complete', 'set', 'update_fail');
    await world.guard();
    expect(await world.newest()).toMatchObject({
      bundle: '1.1.0',
      previous: '1.0.0',
      state: 'stopped',
      guard: {
        acted: 'stop',
        opening: { passed: 20, failed: 0 },
        starting: { passed: 0, failed: 20 },
        held_back: 20,
        reason: expect.stringMatching(/^20 of 20 devices failed \(on 20 it did not start\), 1 % are tolerated/),
      },
    });
    expect(await world.ask(world.newId(), '0.9.0')).toMatchObject({ version: '1.0.0' });
    expect(await world.ask(first!, '1.1.0')).not.toHaveProperty('version');
    expect(await audit()).toMatchObject([
      {
        actor_type: 'system',
        changed_fields: ['guard'],
        new_record: { guard: { acted: 'stop', starting_failed: 20 } },
      },
    ]);
    expect(await world.channel()).toMatchObject({
      rolloutPauseReason: expect.stringContaining('20 of 20 devices failed'),
    });
  });

  test('is kept by a person, and not stopped again', async () => {
    await world.devices(10, '1.1.0', 'set_fail');
    await world.guard();
    const { id } = await world.newest();
    const answer = await world.manage('POST', '/release/guard', { app_id, release_id: id, answer: 'keep' });
    expect(answer).toMatchObject({ state: 'running', guard: { acted: 'stop', kept_at: expect.any(String) } });
    await world.devices(10, '1.1.0', 'set_fail');
    await world.guard();
    expect(await world.newest()).toMatchObject({ state: 'running', guard: { starting: { failed: 20 } } });
    expect(await world.channel()).toMatchObject({ version: { name: '1.1.0' }, rollout_version: null });
  });

  test('is stopped by a person before anything is proven, and offered again when they change their mind', async () => {
    const [first] = await world.devices(1, '1.1.0', 'download_complete', 'set');
    const { id } = await world.newest();
    const stopped = await world.manage('POST', '/release/guard', { app_id, release_id: id, answer: 'stop' });
    expect(stopped).toMatchObject({ state: 'stopped', bundle: '1.1.0', ended_at: null });
    expect(await world.ask(world.newId(), '0.9.0')).toMatchObject({ version: '1.0.0' });
    expect(await world.ask(first!, '1.1.0')).not.toHaveProperty('version');
    await world.manage('POST', '/release/guard', { app_id, release_id: id, answer: 'keep' });
    expect(await world.newest()).toMatchObject({ id, state: 'running' });
    expect(await world.ask(world.newId(), '0.9.0')).toMatchObject({ version: '1.1.0' });
  });

  test('is taken back by a person from who runs it', async () => {
    const [first] = await world.devices(10, '1.1.0', 'set_fail');
    await world.guard();
    const { id } = await world.newest();
    await world.manage('POST', '/release/guard', { app_id, release_id: id, answer: 'take_back' });
    expect(await world.newest()).toMatchObject({ state: 'taken_back', ended_at: expect.any(String) });
    expect(await world.ask(first!, '1.1.0')).toMatchObject({ version: '1.0.0' });
    await world.manage('POST', '/release/guard', { app_id, release_id: id, answer: 'keep' }, 409);
  });

  test.each([
    ['take_back', { state: 'taken_back' }, '1.0.0'],
    ['tell', { state: 'running', guard: { acted: 'tell' } }, undefined],
    ['off', { state: 'running', guard: { acted: null, starting: { failed: 10 } } }, undefined],
  ])('of a channel whose guard is set to %s', async (guard_action, release, offered) => {
    await world.manage('POST', '/channel', { app_id, channel: 'production', guard_action });
    const [first] = await world.devices(10, '1.1.0', 'set_fail');
    await world.guard();
    expect((await world.releases()).find((each: { bundle: string }) => each.bundle === '1.1.0')).toMatchObject(release);
    expect((await world.ask(first!, '1.1.0')).version).toBe(offered);
    if (offered === undefined) expect(await world.ask(world.newId(), '0.9.0')).toMatchObject({ version: '1.1.0' });
  });

  test('that was stopped ends with the next one, which who runs it gets too', async () => {
    const [first] = await world.devices(10, '1.1.0', 'set_fail');
    await world.guard();
    await world.promote('1.2.0');
    expect(await world.releases()).toMatchObject([
      { bundle: '1.2.0', previous: '1.0.0', state: 'running' },
      { bundle: '1.1.0', state: 'replaced' },
      { bundle: '1.0.0', state: 'kept' },
    ]);
    expect(await world.ask(first!, '1.1.0')).toMatchObject({ version: '1.2.0' });
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'devices that nobody offered it',
      async () => Promise.all(Array.from({ length: 40 }, () => world.tell(world.newId(), 'set_fail', '1.1.0'))),
    ],
    ['a network that fails', () => world.devices(25, '1.1.0', 'download_fail')],
    ['two devices on which it fails', () => world.devices(2, '1.1.0', 'set_fail')],
    ['devices that fail once and then run it', () => world.devices(10, '1.1.0', 'update_fail', 'set')],
    [
      'failures of another bundle',
      async () => Promise.all(Array.from({ length: 40 }, () => world.tell(world.newId(), 'set_fail', '1.0.0'))),
    ],
    [
      'emulators and development builds',
      async () => {
        for (const facts of [{ is_emulator: true }, { is_prod: false }]) {
          for (const id of await world.devices(10, '1.1.0')) await world.tell(id, 'set_fail', '1.1.0', facts);
        }
      },
    ],
  ])('is not stopped by %s', async (_, happens) => {
    await happens();
    await world.guard();
    expect(await world.newest()).toMatchObject({ bundle: '1.1.0', state: 'running' });
    expect(await audit()).toEqual([]);
  });
});

test('a rollout that fails is paused, and goes on with its share when a person keeps it', async () => {
  await world.promote('1.0.0');
  await world.rollOut('1.2.0', 10_000);
  await world.devices(5, '1.2.0', 'set_fail');
  await world.set({ rolloutPercentageBps: 500 });
  await world.guard();
  expect(await world.newest()).toMatchObject({ kind: 'rollout', bundle: '1.2.0', state: 'stopped' });
  expect(await world.offered()).toBe('1.0.0');
  await world.answer('1.2.0', 'keep');
  expect(await world.newest()).toMatchObject({ bundle: '1.2.0', state: 'running' });
  expect(await world.channel()).toMatchObject({
    version: { name: '1.0.0' },
    rollout_version_info: { name: '1.2.0' },
    rolloutPercentageBps: 500,
    rolloutPausedAt: null,
  });
});

test.each([
  ['its archive', 'unzip_fail'],
  ['a path in its archive', 'canonical_path_fail'],
  ['its key', 'session_key_required'],
  ['its checksum', 'checksum_required'],
  ['its files', 'manifest_path_fail'],
])('a bundle that no device can open because of %s is stopped', async (_, action) => {
  await world.devices(5, '1.1.0', action, 'download_fail');
  await world.guard();
  expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { opening: { passed: 0, failed: 5 } } });
});

test.each(['low_mem_fail', 'insufficient_disk_space', 'download_manifest_file_fail'])(
  'devices that have no place for it, or no network, do not stop it: %s',
  async (action) => {
    await world.devices(5, '1.1.0', action, 'download_fail');
    await world.guard();
    expect(await world.newest()).toMatchObject({ state: 'running', guard: { opening: { passed: 0, failed: 0 } } });
  },
);

test('a start that was never confirmed counts as one that failed', async () => {
  await world.devices(5, '1.1.0', 'set', 'app_launch_timeout');
  await world.guard();
  expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { starting: { passed: 0, failed: 5 } } });
});

test('an owner who was told of a bad bundle may ask for it to be stopped', async () => {
  await world.set({ guard_action: 'tell' });
  await world.devices(5, '1.1.0', 'set_fail');
  await world.guard();
  expect(await world.newest()).toMatchObject({ state: 'running', guard: { acted: 'tell' } });
  await world.set({ guard_action: 'stop' });
  await world.guard();
  await world.guard();
  expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { acted: 'stop' } });
  expect(await audit()).toHaveLength(2);
});

test('where the fleet was known before the release, devices that come later do not count, and are counted apart', async () => {
  await world.promote('1.0.0');
  await world.devices(100, '1.0.0');
  await server.parts.sightings.flush();
  await world.promote('1.2.0');
  await world.devices(40, '1.2.0', 'set_fail');
  await world.guard();
  expect(await world.newest()).toMatchObject({
    state: 'running',
    guard: { held_back: 40, starting: { passed: 0, failed: 0 } },
  });
});

describe('the guard acts once', () => {
  test('though two workers look at the same time', async () => {
    const other = await startTestServer({ newDevicesPerHour: 0 }, server.database);
    try {
      await world.devices(10, '1.1.0', 'set_fail');
      await server.parts.sightings.flush();
      const now = new Date(Date.now() + 1000);
      await Promise.all([server, other, server, other].map(({ parts }) => guardReleases(parts, now)));
      expect(await audit()).toHaveLength(1);
      expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { starting: { passed: 0, failed: 10 } } });
    } finally {
      await other.close();
    }
  });

  test('also when it dies between the decision and the end of the deed, which leaves nothing half done', async () => {
    await world.devices(10, '1.1.0', 'set_fail');
    await server.database.query(`
      create function die() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger die before update on channels for each row execute function die();`);
    await expect(world.guard()).rejects.toThrow();
    expect(await world.newest()).toMatchObject({ state: 'running', guard: { acted: null, starting: { failed: 10 } } });
    await server.database.query('drop trigger die on channels; drop function die();');
    expect(await audit()).toEqual([]);
    await world.guard();
    await world.guard();
    expect(await world.newest()).toMatchObject({
      state: 'stopped',
      guard: { acted: 'stop', starting: { failed: 10 } },
    });
    expect(await audit()).toHaveLength(1);
  });

  test('though the clock jumps back, and a day ahead', async () => {
    const ids = await world.devices(10, '1.1.0', 'set');
    await world.guard(new Date(Date.now() - DAY_MS));
    expect((await world.newest()).guard.starting).toEqual({ passed: 0, failed: 0 });
    await world.guard(new Date(Date.now() + DAY_MS));
    expect((await world.newest()).guard.starting).toEqual({ passed: 10, failed: 0 });
    for (const id of ids) await world.tell(id, 'update_fail', '1.1.0');
    await world.guard(new Date(Date.now() + 2 * DAY_MS));
    expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { starting: { passed: 0, failed: 10 } } });
    expect(await audit()).toHaveLength(1);
  });
});

test('what single devices said is forgotten a day after the release, but for the one kept last; the counts stay', async () => {
  const { db } = server.database;
  await world.devices(3, '1.1.0', 'set');
  await world.guard();
  await world.promote('1.2.0');
  const count = async () => (await db.selectFrom('release_devices').selectAll().execute()).length;
  const aDayLater = async () => {
    await db
      .updateTable('releases')
      .set({ ended_at: new Date(Date.now() - 2 * DAY_MS) })
      .where('ended_at', 'is not', null)
      .execute();
    await forgetDevices(db);
  };
  await aDayLater();
  expect(await count()).toBe(3);
  await world.promote('1.0.0');
  await aDayLater();
  expect(await count()).toBe(0);
  expect(await world.releaseOf('1.1.0')).toMatchObject({ guard: { starting: { passed: 3, failed: 0 } } });
});

describe('POST /rollback', () => {
  const rollback = (status?: number) => world.rollBack(status);

  test('returns a plain channel to the release before, and says so', async () => {
    const [first] = await world.devices(1, '1.1.0', 'set');
    expect(await rollback()).toEqual({ status: 'ok', channel: 'production', bundle: '1.0.0' });
    expect(await world.ask(first!, '1.1.0')).toMatchObject({ version: '1.0.0' });
    expect(await world.releases()).toMatchObject([
      { kind: 'rollback', bundle: '1.0.0', previous: '1.1.0', state: 'running' },
      { kind: 'plain', bundle: '1.1.0', state: 'taken_back' },
      { kind: 'plain', bundle: '1.0.0', state: 'kept' },
    ]);
  });

  test('goes one further back each time, never to what was taken back, and ends with the bundle of the store', async () => {
    await world.promote('1.2.0');
    expect([await rollback(), await rollback(), await rollback()].map(({ bundle }) => bundle)).toEqual([
      '1.1.0',
      '1.0.0',
      'builtin',
    ]);
    expect(await rollback(400)).toMatchObject({ error: 'no_earlier_release' });
  });

  test('ends a rollout', async () => {
    const rollout = { rolloutVersion: '1.2.0', rolloutPercentageBps: 500, rolloutEnabled: true };
    await world.manage('POST', '/channel', { app_id, channel: 'production', ...rollout });
    expect(await rollback()).toMatchObject({ bundle: '1.1.0' });
    expect((await world.releases())[0]).toMatchObject({ kind: 'rollout', bundle: '1.2.0', state: 'taken_back' });
  });

  test('knows no other channel', async () => {
    const answer = await world.manage('POST', '/rollback', { app_id, channel: 'beta' }, 400);
    expect(answer).toMatchObject({ error: 'cannot_find_channel' });
  });
});
