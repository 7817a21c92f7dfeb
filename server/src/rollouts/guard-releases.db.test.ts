import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { DAY_MS } from '../utc-day.ts';
import { forgetDevices } from './count-trials.ts';
import { guardReleases } from './guard-releases.ts';

const app_id = 'com.example.guarded';
let server: TestServer;
let serial = 0;

beforeAll(async () => {
  server = await startTestServer({ newDevicesPerHour: 0 });
});
afterAll(() => server.close());

const newId = () => `00000000-0000-4000-8000-${String(serial++).padStart(12, '0')}`;

async function manage(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, status = 200) {
  const answer = await server.app.inject({
    method,
    url,
    headers: { authorization: server.adminKey },
    ...(body ? { payload: JSON.stringify(body) } : {}),
  });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json();
}

const aPhone = (facts: object) => ({
  ...{ app_id, platform: 'android', plugin_version: '8.51.14', version_build: '1.0.0', version_os: '16' },
  ...facts,
});
const post = async (url: string, body: unknown) =>
  (await server.app.inject({ method: 'POST', url, payload: JSON.stringify(body) })).json();

const ask = (device_id: string, version_name: string) => post('/updates', aPhone({ device_id, version_name }));
const tell = (device_id: string, action: string, version_name: string, facts: object = {}) =>
  post('/stats', [aPhone({ device_id, action, version_name, ...facts })]);

/** Devices that are offered the bundle and report these actions, one after the other. */
async function devices(count: number, version: string, ...actions: string[]): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  for (const id of ids) {
    expect(await ask(id, '0.9.0')).toMatchObject({ version });
    for (const action of actions) await tell(id, action, version);
  }
  return ids;
}

const promote = (version: string) => manage('POST', '/channel', { app_id, channel: 'production', version });

async function guard(now = new Date(Date.now() + 1000)): Promise<void> {
  await server.parts.sightings.flush();
  await guardReleases(server.parts, now);
}

const releases = async () => (await manage('GET', `/release?app_id=${app_id}`)).data;
const newest = async () => (await releases())[0];
const channel = () => manage('GET', `/channel?app_id=${app_id}&channel=production`);
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

/** An app whose channel serves 1.0.0, which was kept, and then 1.1.0. */
beforeEach(async () => {
  await server.database.db.deleteFrom('apps').where('app_id', '=', app_id).execute();
  await manage('POST', '/app', { app_id, name: 'Guarded', owner_org: server.orgId });
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    await manage('POST', '/bundle', {
      app_id,
      version,
      external_url: `https://cdn.test/${version}.zip`,
      checksum: 'a'.repeat(64),
    });
  }
  await manage('POST', '/channel', { app_id, channel: 'production', version: '1.0.0', public: true });
  await promote('1.1.0');
});

describe('a plain release', () => {
  test('that fails everywhere is stopped: nobody new is offered it, who runs it keeps it, and the owner hears why', async () => {
    const [first] = await devices(40, '1.1.0', 'download_complete', 'set', 'update_fail');
    await guard();
    expect(await newest()).toMatchObject({
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
    expect(await ask(newId(), '0.9.0')).toMatchObject({ version: '1.0.0' });
    expect(await ask(first!, '1.1.0')).not.toHaveProperty('version');
    expect(await audit()).toMatchObject([
      {
        actor_type: 'system',
        changed_fields: ['guard'],
        new_record: { guard: { acted: 'stop', starting_failed: 20 } },
      },
    ]);
    expect(await channel()).toMatchObject({ rolloutPauseReason: expect.stringContaining('20 of 20 devices failed') });
  });

  test('is kept by a person, and not stopped again', async () => {
    await devices(10, '1.1.0', 'set_fail');
    await guard();
    const { id } = await newest();
    const answer = await manage('POST', '/release/guard', { app_id, release_id: id, answer: 'keep' });
    expect(answer).toMatchObject({ state: 'running', guard: { acted: 'stop', kept_at: expect.any(String) } });
    await devices(10, '1.1.0', 'set_fail');
    await guard();
    expect(await newest()).toMatchObject({ state: 'running', guard: { starting: { failed: 20 } } });
    expect(await channel()).toMatchObject({ version: { name: '1.1.0' }, rollout_version: null });
  });

  test('is taken back by a person from who runs it', async () => {
    const [first] = await devices(10, '1.1.0', 'set_fail');
    await guard();
    const { id } = await newest();
    await manage('POST', '/release/guard', { app_id, release_id: id, answer: 'take_back' });
    expect(await newest()).toMatchObject({ state: 'taken_back', ended_at: expect.any(String) });
    expect(await ask(first!, '1.1.0')).toMatchObject({ version: '1.0.0' });
    await manage('POST', '/release/guard', { app_id, release_id: id, answer: 'keep' }, 409);
  });

  test.each([
    ['take_back', { state: 'taken_back' }, '1.0.0'],
    ['tell', { state: 'running', guard: { acted: 'tell' } }, undefined],
    ['off', { state: 'running', guard: { acted: null, starting: { failed: 10 } } }, undefined],
  ])('of a channel whose guard is set to %s', async (guard_action, release, offered) => {
    await manage('POST', '/channel', { app_id, channel: 'production', guard_action });
    const [first] = await devices(10, '1.1.0', 'set_fail');
    await guard();
    expect((await releases()).find((each: { bundle: string }) => each.bundle === '1.1.0')).toMatchObject(release);
    expect((await ask(first!, '1.1.0')).version).toBe(offered);
    if (offered === undefined) expect(await ask(newId(), '0.9.0')).toMatchObject({ version: '1.1.0' });
  });

  test('that was stopped ends with the next one, which who runs it gets too', async () => {
    const [first] = await devices(10, '1.1.0', 'set_fail');
    await guard();
    await promote('1.2.0');
    expect(await releases()).toMatchObject([
      { bundle: '1.2.0', previous: '1.0.0', state: 'running' },
      { bundle: '1.1.0', state: 'replaced' },
      { bundle: '1.0.0', state: 'kept' },
    ]);
    expect(await ask(first!, '1.1.0')).toMatchObject({ version: '1.2.0' });
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'devices that nobody offered it',
      async () => Promise.all(Array.from({ length: 40 }, () => tell(newId(), 'set_fail', '1.1.0'))),
    ],
    ['a network that fails', () => devices(25, '1.1.0', 'download_fail')],
    ['two devices on which it fails', () => devices(2, '1.1.0', 'set_fail')],
    ['devices that fail once and then run it', () => devices(10, '1.1.0', 'update_fail', 'set')],
    [
      'failures of another bundle',
      async () => Promise.all(Array.from({ length: 40 }, () => tell(newId(), 'set_fail', '1.0.0'))),
    ],
    [
      'emulators and development builds',
      async () => {
        for (const facts of [{ is_emulator: true }, { is_prod: false }]) {
          for (const id of await devices(10, '1.1.0')) await tell(id, 'set_fail', '1.1.0', facts);
        }
      },
    ],
  ])('is not stopped by %s', async (_, happens) => {
    await happens();
    await guard();
    expect(await newest()).toMatchObject({ bundle: '1.1.0', state: 'running' });
    expect(await audit()).toEqual([]);
  });
});

test('a rollout that fails is paused, and can go on with its share', async () => {
  await promote('1.0.0');
  const rollout = { rolloutVersion: '1.2.0', rolloutPercentageBps: 10_000, rolloutEnabled: true };
  await manage('POST', '/channel', { app_id, channel: 'production', ...rollout });
  await devices(10, '1.2.0', 'set_fail');
  await guard();
  expect(await newest()).toMatchObject({ kind: 'rollout', bundle: '1.2.0', state: 'stopped' });
  expect(await ask(newId(), '0.9.0')).toMatchObject({ version: '1.0.0' });
});

test('where the fleet was known before the release, devices that come later do not count, and are counted apart', async () => {
  await promote('1.0.0');
  await devices(100, '1.0.0');
  await server.parts.sightings.flush();
  await promote('1.2.0');
  await devices(40, '1.2.0', 'set_fail');
  await guard();
  expect(await newest()).toMatchObject({
    state: 'running',
    guard: { held_back: 40, starting: { passed: 0, failed: 0 } },
  });
});

describe('the guard acts once', () => {
  test('though two workers look at the same time', async () => {
    const other = await startTestServer({ newDevicesPerHour: 0 }, server.database);
    try {
      await devices(10, '1.1.0', 'set_fail');
      await server.parts.sightings.flush();
      const now = new Date(Date.now() + 1000);
      await Promise.all([server, other, server, other].map(({ parts }) => guardReleases(parts, now)));
      expect(await audit()).toHaveLength(1);
      expect(await newest()).toMatchObject({ state: 'stopped', guard: { starting: { passed: 0, failed: 10 } } });
    } finally {
      await other.close();
    }
  });

  test('also when it dies between the decision and the end of the deed, which leaves nothing half done', async () => {
    await devices(10, '1.1.0', 'set_fail');
    await server.database.query(`
      create function die() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger die before update on channels for each row execute function die();`);
    await expect(guard()).rejects.toThrow();
    expect(await newest()).toMatchObject({ state: 'running', guard: { acted: null, starting: { failed: 10 } } });
    await server.database.query('drop trigger die on channels; drop function die();');
    expect(await audit()).toEqual([]);
    await guard();
    await guard();
    expect(await newest()).toMatchObject({ state: 'stopped', guard: { acted: 'stop', starting: { failed: 10 } } });
    expect(await audit()).toHaveLength(1);
  });

  test('though the clock jumps back, and a day ahead', async () => {
    const ids = await devices(10, '1.1.0', 'set');
    await guard(new Date(Date.now() - DAY_MS));
    expect((await newest()).guard.starting).toEqual({ passed: 0, failed: 0 });
    await guard(new Date(Date.now() + DAY_MS));
    expect((await newest()).guard.starting).toEqual({ passed: 10, failed: 0 });
    for (const id of ids) await tell(id, 'update_fail', '1.1.0');
    await guard(new Date(Date.now() + 2 * DAY_MS));
    expect(await newest()).toMatchObject({ state: 'stopped', guard: { starting: { passed: 0, failed: 10 } } });
    expect(await audit()).toHaveLength(1);
  });
});

test('what single devices said is forgotten a day after the release, and the counts stay', async () => {
  const { db } = server.database;
  await devices(3, '1.1.0', 'set');
  await guard();
  await promote('1.2.0');
  const standings = () => db.selectFrom('release_devices').selectAll().execute();
  await forgetDevices(db);
  const before = (await standings()).length;
  await db
    .updateTable('releases')
    .set({ ended_at: new Date(Date.now() - 2 * DAY_MS) })
    .where('bundle_name', '=', '1.1.0')
    .execute();
  await forgetDevices(db);
  expect((await standings()).length).toBe(before - 3);
  expect((await releases())[1]).toMatchObject({ bundle: '1.1.0', guard: { starting: { passed: 3, failed: 0 } } });
});

describe('POST /rollback', () => {
  const rollback = (status = 200) => manage('POST', '/rollback', { app_id, channel: 'production' }, status);

  test('returns a plain channel to the release before, and says so', async () => {
    const [first] = await devices(1, '1.1.0', 'set');
    expect(await rollback()).toEqual({ status: 'ok', channel: 'production', bundle: '1.0.0' });
    expect(await ask(first!, '1.1.0')).toMatchObject({ version: '1.0.0' });
    expect(await releases()).toMatchObject([
      { kind: 'rollback', bundle: '1.0.0', previous: '1.1.0', state: 'running' },
      { kind: 'plain', bundle: '1.1.0', state: 'taken_back' },
      { kind: 'plain', bundle: '1.0.0', state: 'kept' },
    ]);
  });

  test('goes one further back each time, never to what was taken back, and ends with the bundle of the store', async () => {
    await promote('1.2.0');
    expect([await rollback(), await rollback(), await rollback()].map(({ bundle }) => bundle)).toEqual([
      '1.1.0',
      '1.0.0',
      'builtin',
    ]);
    expect(await rollback(400)).toMatchObject({ error: 'no_earlier_release' });
  });

  test('ends a rollout', async () => {
    const rollout = { rolloutVersion: '1.2.0', rolloutPercentageBps: 500, rolloutEnabled: true };
    await manage('POST', '/channel', { app_id, channel: 'production', ...rollout });
    expect(await rollback()).toMatchObject({ bundle: '1.1.0' });
    expect((await releases())[0]).toMatchObject({ kind: 'rollout', bundle: '1.2.0', state: 'taken_back' });
  });

  test('knows no other channel', async () => {
    const answer = await manage('POST', '/rollback', { app_id, channel: 'beta' }, 400);
    expect(answer).toMatchObject({ error: 'cannot_find_channel' });
  });
});
