// Freezes, through the doors: what they refuse, what they never refuse, who may override one, and that a plan waits.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GuardedApp, openGuardedApp } from '../rollouts/testing/guarded-app.ts';

const app_id = 'com.example.guarded';
const HOUR_MS = 3_600_000;
const hoursFromNow = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

let world: GuardedApp;
beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());

/** The channel serves 1.1.0, and 1.0.0 was kept before. */
beforeEach(async () => {
  const { db } = world.server.database;
  await db.deleteFrom('freezes').execute();
  await world.begin();
  await world.promote('1.1.0');
});

const freeze = (body: object = {}, status = 200) =>
  world.manage(
    'POST',
    '/freeze',
    { app_id, channel: 'production', name: 'holidays', from: hoursFromNow(-1), to: hoursFromNow(1), ...body },
    status,
  );
const ofOrganization = () => ({ app_id: undefined, channel: undefined, orgId: world.server.orgId });
const post = (url: string, body: object, status = 200) => world.manage('POST', url, { app_id, ...body }, status);
const serves = async () => (await world.channel()).version.name;

/** With a key of this mode, for `POST /channel`. */
async function setWith(mode: string, settings: object) {
  const { key } = await world.manage('POST', '/apikey', { name: mode, mode });
  const answer = await world.server.app.inject({
    ...{ method: 'POST', url: '/channel', headers: { authorization: key } },
    payload: JSON.stringify({ app_id, channel: 'production', ...settings }),
  });
  return { code: answer.statusCode, ...answer.json() };
}

describe.each([
  ['of a channel', {}],
  ['of the organization', undefined],
])('a freeze %s', (_, place) => {
  const begin = () => freeze(place ?? ofOrganization());
  const refused: [string, () => Promise<{ error: string; message: string }>][] = [
    ['a release', () => world.set({ version: '1.2.0' }, 403)],
    ['a release of before, by its name', () => world.set({ version: '1.0.0' }, 403)],
    ['a rollout', () => world.set({ rolloutVersion: '1.2.0', rolloutPercentageBps: 1, rolloutEnabled: true }, 403)],
    ['a plan', () => post('/release', { channel: 'production', version: '1.2.0', plan: 'careful' }, 403)],
    [
      'a bundle by PUT',
      async () => {
        const { id: version_id } = (await world.manage('GET', `/bundle?app_id=${app_id}&version=1.2.0`))[0];
        const { id: channel_id } = await world.channel();
        return world.manage('PUT', '/bundle', { app_id, version_id, channel_id }, 403);
      },
    ],
  ];
  test.each(refused)('refuses %s, and says which it is and how to override it', async (_what, happens) => {
    await begin();
    const answer = await happens();
    expect(answer).toMatchObject({
      error: 'channel_frozen',
      message: expect.stringMatching(
        /^Channel production is frozen until 20\S+ by "holidays"\. .*override_freeze.* admin/,
      ),
      moreInfo: { channel: 'production', freeze: 'holidays', override_needs: 'admin' },
    });
    expect(await serves()).toBe('1.1.0');
  });

  test('lets an admin through who names it, which is in the audit log, and nobody else', async () => {
    await begin();
    const change = { version: '1.2.0', override_freeze: 'holidays' };
    expect(await setWith('write', change)).toMatchObject({ code: 403, error: 'channel_frozen' });
    expect(await world.set({ ...change, override_freeze: 'another' }, 403)).toMatchObject({ error: 'channel_frozen' });
    await world.set(change);
    expect(await serves()).toBe('1.2.0');
    const { db } = world.server.database;
    const entries = await db
      .selectFrom('audit_logs')
      .select(['operation', 'changed_fields'])
      .where('table_name', '=', 'freezes')
      .orderBy('id', 'desc')
      .limit(2)
      .execute();
    expect(entries).toEqual([
      { operation: 'UPDATE', changed_fields: ['overridden'] },
      { operation: 'INSERT', changed_fields: null },
    ]);
  });
});

test('nothing keeps a release from being stopped, paused, taken back or made smaller', async () => {
  await world.rollOut('1.2.0', 5000);
  await freeze();
  await world.set({ rolloutPercentageBps: 1000 });
  await world.set({ rolloutPaused: true });
  expect(await world.set({ rolloutPaused: false }, 403)).toMatchObject({ error: 'channel_frozen' });
  await world.set({ allow_dev: false });
  await world.answer('1.2.0', 'stop');
  expect(await world.answer('1.2.0', 'keep', 403)).toMatchObject({ error: 'channel_frozen' });
  expect(await world.rollBack()).toMatchObject({ bundle: '1.1.0' });
  expect(await world.rollBack()).toMatchObject({ bundle: '1.0.0' });
});

test('the guard acts in a freeze', async () => {
  await world.devices(10, '1.1.0', 'set_fail');
  await freeze();
  await world.guard();
  expect(await world.newest()).toMatchObject({ state: 'stopped', guard: { acted: 'stop' } });
});

test('a plan takes no step until its end, and says so; a person may by its name', async () => {
  const plan = { steps: [{ share: 10 }, { share: 40 }, { share: 100 }] };
  const { id, plan: begun } = await post('/release', { channel: 'production', version: '1.2.0', plan });
  const { to } = await freeze();
  const now = Date.parse(begun.started_at);
  await world.ramp(new Date(now + 60_000));
  expect(await world.releaseOf('1.2.0')).toMatchObject({
    plan: { step: 0, waits_for: { code: 'freeze', freeze: 'holidays', until_at: to } },
  });
  const next = { release_id: id, action: 'next' };
  expect(await post('/release/plan', next, 403)).toMatchObject({ error: 'channel_frozen' });
  expect(await post('/release/plan', { ...next, override_freeze: 'holidays' })).toMatchObject({ plan: { step: 1 } });
  await world.ramp(new Date(Date.parse(to) + 60_000));
  expect((await world.releaseOf('1.2.0')).plan).toMatchObject({ state: 'finished' });
});

test('it holds in its own time and on its own channel', async () => {
  await post('/channel', { channel: 'beta', version: '1.0.0' });
  await freeze({ from: hoursFromNow(1), to: hoursFromNow(2) });
  await world.promote('1.2.0');
  await freeze({ channel: 'beta' });
  await world.promote('1.1.0');
  await freeze(ofOrganization());
  expect(await post('/channel', { channel: 'gamma', version: '1.0.0' }, 403)).toMatchObject({
    error: 'channel_frozen',
  });
  await post('/channel', { channel: 'gamma' });
});

describe('freezes are', () => {
  test('listed with those of the organization, and removed by an admin', async () => {
    const own = await freeze({ reason: 'nobody is here' });
    expect(own).toMatchObject({
      channel: 'production',
      name: 'holidays',
      reason: 'nobody is here',
      created_by: expect.any(String),
    });
    const { id } = await freeze({ ...ofOrganization(), name: 'all', from: hoursFromNow(-2) });
    const list = async (query: string) =>
      (await world.manage('GET', `/freeze?${query}`)).data.map((each: { name: string }) => each.name);
    expect(await list(`app_id=${app_id}`)).toEqual(['all', 'holidays']);
    expect(await list(`app_id=${app_id}&channel=beta`)).toEqual(['all']);
    expect(await list(`orgId=${world.server.orgId}`)).toEqual(['all']);
    await world.manage('DELETE', '/freeze', { app_id, freeze_id: id }, 404);
    await world.manage('DELETE', '/freeze', { orgId: world.server.orgId, freeze_id: id });
    await world.manage('DELETE', '/freeze', { app_id, freeze_id: own.id });
    expect(await list(`app_id=${app_id}`)).toEqual([]);
    await world.promote('1.2.0');
  });

  test.each([
    ['without a place', { app_id: undefined, channel: undefined }, 400, 'missing_place'],
    ['with two places', { orgId: 'x' }, 400, 'missing_place'],
    ['of a channel that is not there', { channel: 'gone' }, 400, 'cannot_find_channel'],
    ['of no channel', { channel: undefined }, 400, 'cannot_find_channel'],
    ['that ends before it begins', { to: hoursFromNow(-2) }, 400, 'invalid_to'],
    ['that is over', { from: hoursFromNow(-3), to: hoursFromNow(-2) }, 400, 'invalid_to'],
    ['without a name', { name: undefined }, 400, 'missing_name'],
    [
      'of another organization',
      { ...{ app_id: undefined, channel: undefined }, orgId: '00000000-0000-4000-8000-000000000000' },
      403,
      'cannot_access_organization',
    ],
    ['with a limit that nobody knows', { until: 'noon' }, 400, 'invalid_body'],
  ])('not made %s', async (_, body, status, error) => {
    expect(await freeze(body, status)).toMatchObject({ error });
  });
});
