// Channels that take two persons, through the doors: one alone changes nothing, a request grants nothing, and nobody approves their own.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashKey } from '../accounts/keys.ts';
import type { KeyMode, UserRight } from '../db/tables/accounts.ts';
import { type GuardedApp, openGuardedApp } from '../rollouts/testing/guarded-app.ts';

const app_id = 'com.example.guarded';
const HOUR_MS = 3_600_000;

let world: GuardedApp;
beforeAll(async () => {
  world = await openGuardedApp();
  for (const [name, right] of [
    ['anna', 'write'],
    ['bert', 'write'],
    ['carl', 'upload'],
    ['read', 'read'],
  ] as const) {
    await addPerson(name, right);
  }
  await addKey('anna', 'anna again', 'all');
});
afterAll(() => world.close());

/** The channel serves 1.0.0, and takes two persons from then on. */
beforeEach(async () => {
  await world.begin();
  await world.set({ needs_approval: true });
});

async function addPerson(name: string, user_right: UserRight): Promise<void> {
  const { db } = world.server.database;
  const user = await db
    .insertInto('users')
    .values({ email: `${name}@example.test` })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('org_users').values({ org_id: world.server.orgId, user_id: user.id, user_right }).execute();
  await addKey(name, name, 'all');
}

async function addKey(person: string, name: string, mode: KeyMode): Promise<void> {
  const { db } = world.server.database;
  const user = await db
    .selectFrom('users')
    .select('id')
    .where('email', '=', `${person}@example.test`)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('apikeys')
    .values({ user_id: user.id, key_hash: hashKey(`key of ${name}`), name, mode })
    .execute();
}

/** By the key of this name. */
async function by(name: string, method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) {
  const answer = await world.server.app.inject({
    ...{ method, url, headers: { authorization: `key of ${name}` } },
    ...(body && { payload: JSON.stringify(body) }),
  });
  return { code: answer.statusCode, json: answer.json() };
}

const promotion = (version = '1.1.0') => ({ app_id, channel: 'production', version });
const ask = async (name: string, more: object = {}, input: object = promotion()) =>
  by(name, 'POST', '/approval', { call: 'POST /channel', input, ...more });
const answer = (name: string, approval_id: number, given: string, more: object = {}) =>
  by(name, 'POST', '/approval/answer', { app_id, approval_id, answer: given, ...more });
const serves = async () => (await world.channel()).version.name;

describe('one person alone', () => {
  const ways: [string, () => Promise<{ code: number; json: { error: string } }>][] = [
    ['releases nothing', () => by('anna', 'POST', '/channel', promotion())],
    ['begins no plan', () => by('anna', 'POST', '/release', { ...promotion(), plan: 'careful' })],
    [
      'begins no rollout',
      () =>
        by('anna', 'POST', '/channel', {
          app_id,
          channel: 'production',
          rolloutVersion: '1.1.0',
          rolloutPercentage: 1,
          rolloutEnabled: true,
        }),
    ],
    ['prepares nothing', () => by('anna', 'POST', '/prepare', { call: 'POST /channel', input: promotion() })],
    [
      'does not lift that',
      () => by('anna', 'POST', '/channel', { app_id, channel: 'production', needs_approval: false }),
    ],
    [
      'deletes no such channel',
      async () => {
        const { code, ...rest } = await deleteAsAdmin();
        return { code, ...rest };
      },
    ],
  ];
  const deleteAsAdmin = async () => {
    const url = `/channel?app_id=${app_id}&channel=production`;
    const sent = await world.server.app.inject({
      method: 'DELETE',
      url,
      headers: { authorization: world.server.adminKey },
    });
    return { code: sent.statusCode, json: sent.json() };
  };
  test.each(ways)('%s', async (_, happens) => {
    expect(await happens()).toMatchObject({ code: 403, json: { error: 'approval_required' } });
    expect(await serves()).toBe('1.0.0');
    expect(await world.channel()).toMatchObject({ needs_approval: true });
  });

  test('rehearses, changes other settings, stops and takes back', async () => {
    const { version, ...place } = promotion();
    expect(await by('anna', 'POST', '/rehearse', { ...place, change: { version } })).toMatchObject({ code: 200 });
    expect(await by('anna', 'POST', '/channel', { ...place, allow_dev: false })).toMatchObject({ code: 200 });
    const { json } = await ask('anna');
    await answer('bert', json.id, 'approve');
    expect(await serves()).toBe('1.1.0');
    expect(await by('carl', 'POST', '/rollback', place)).toMatchObject({ code: 200, json: { bundle: '1.0.0' } });
  });
});

describe('a request', () => {
  test('carries its rehearsal, changes nothing, and is made by the second person who approves it', async () => {
    await world.devices(3, '1.0.0', 'set');
    await world.server.parts.sightings.flush();
    const asked = await ask('anna', { note: 'the fix of the camera' });
    expect(asked).toMatchObject({
      code: 200,
      json: {
        ...{ call: 'POST /channel', input: promotion(), note: 'the fix of the camera', state: 'waiting', is_own: true },
        requested_by: 'anna@example.test',
        rehearsal: { moves: [{ from: '1.0.0', to: '1.1.0', devices: 3 }] },
      },
    });
    expect(await serves()).toBe('1.0.0');
    const { json } = await by('bert', 'GET', `/approval?app_id=${app_id}`);
    expect(json.data).toMatchObject([{ id: asked.json.id, is_own: false }]);
    expect(await answer('bert', asked.json.id, 'approve', { note: 'fine' })).toMatchObject({
      code: 200,
      json: {
        approval: { state: 'approved', answered_by: 'bert@example.test', answer_note: 'fine' },
        answer: { status: 'ok' },
      },
    });
    expect(await serves()).toBe('1.1.0');
    expect((await by('bert', 'GET', `/approval?app_id=${app_id}`)).json.data).toEqual([]);
    expect((await by('anna', 'GET', `/approval?app_id=${app_id}&state=all`)).json.data).toMatchObject([
      { state: 'approved' },
    ]);
    expect(await answer('bert', asked.json.id, 'approve')).toMatchObject({
      code: 409,
      json: { error: 'approval_is_over' },
    });
  });

  test('for a plan begins it when it is approved, and the plan goes on by itself', async () => {
    const plan = { steps: [{ share: 10 }, { share: 100 }] };
    const { json } = await by('carl', 'POST', '/approval', { call: 'POST /release', input: { ...promotion(), plan } });
    const { json: made } = await answer('bert', json.id, 'approve');
    expect(made.answer).toMatchObject({ bundle: '1.1.0', plan: { state: 'running', share: 10 } });
    await world.ramp(new Date(Date.parse(made.answer.plan.started_at) + 60_000));
    expect(await serves()).toBe('1.1.0');
  });

  test.each([
    ['by who asked', 'anna', 403, 'own_approval'],
    ['by who asked, with another key', 'anna again', 403, 'own_approval'],
    ['by who may not release', 'read', 400, 'cannot_access_app'],
  ])('is not approved %s', async (_, name, code, error) => {
    const { json } = await ask('anna');
    expect(await answer(name, json.id, 'approve')).toMatchObject({ code, json: { error } });
    expect(await serves()).toBe('1.0.0');
    expect((await by('bert', 'GET', `/approval/${json.id}?app_id=${app_id}`)).json).toMatchObject({ state: 'waiting' });
  });

  test('gives the second person no more than their own right', async () => {
    const settings = {
      app_id,
      channel: 'production',
      rolloutVersion: '1.1.0',
      rolloutPercentage: 5,
      rolloutEnabled: true,
    };
    const { json } = await ask('anna', {}, settings);
    expect(await answer('carl', json.id, 'approve')).toMatchObject({ code: 400, json: { error: 'cannot_access_app' } });
    expect(await ask('carl', {}, settings)).toMatchObject({ code: 400, json: { error: 'cannot_access_app' } });
  });

  test('is refused by another, withdrawn by its own, and then over', async () => {
    const [first, second] = [(await ask('anna')).json.id, (await ask('anna')).json.id];
    expect(await answer('bert', first, 'withdraw')).toMatchObject({ code: 403, json: { error: 'not_own_approval' } });
    expect(await answer('bert', first, 'refuse', { note: 'not today' })).toMatchObject({
      json: { approval: { state: 'refused' }, answer: null },
    });
    expect(await answer('anna', second, 'withdraw')).toMatchObject({ json: { approval: { state: 'withdrawn' } } });
    for (const id of [first, second]) {
      expect(await answer('bert', id, 'approve')).toMatchObject({ code: 409, json: { error: 'approval_is_over' } });
    }
    expect(await serves()).toBe('1.0.0');
  });

  test('ends by its time', async () => {
    const { json } = await ask('anna', { hours: 1 });
    const { db } = world.server.database;
    await db
      .updateTable('approvals')
      .set({ expires_at: new Date(Date.now() - 1) })
      .where('id', '=', json.id)
      .execute();
    expect(Date.parse(json.expires_at) - Date.parse(json.created_at)).toBeLessThanOrEqual(HOUR_MS + 1000);
    expect(await answer('bert', json.id, 'approve')).toMatchObject({
      code: 409,
      json: { moreInfo: { state: 'expired' } },
    });
    expect(await serves()).toBe('1.0.0');
  });

  test('is not made when the channel is not as it was reviewed', async () => {
    const first = await ask('anna');
    const second = await ask('anna', {}, promotion('1.2.0'));
    await answer('bert', second.json.id, 'approve');
    expect(await answer('bert', first.json.id, 'approve')).toMatchObject({ code: 409, json: { error: 'stale_write' } });
    expect(await serves()).toBe('1.2.0');
  });

  test('of somebody who left, or whose key was deleted, is not made', async () => {
    const { db } = world.server.database;
    await addPerson('dora', 'write');
    await addKey('dora', 'second of dora', 'all');
    const [first, second] = [(await ask('second of dora')).json.id, (await ask('dora')).json.id];
    await db.deleteFrom('apikeys').where('name', '=', 'second of dora').execute();
    expect(await answer('bert', first, 'approve')).toMatchObject({ code: 409, json: { error: 'requester_is_gone' } });
    const dora = await db
      .selectFrom('users')
      .select('id')
      .where('email', '=', 'dora@example.test')
      .executeTakeFirstOrThrow();
    await db.deleteFrom('org_users').where('user_id', '=', dora.id).execute();
    expect(await answer('bert', second, 'approve')).toMatchObject({ code: 409, json: { error: 'requester_is_gone' } });
    expect(await serves()).toBe('1.0.0');
  });

  test('two that are approved at once make their change once', async () => {
    const { json } = await ask('anna');
    const answers = await Promise.all([answer('bert', json.id, 'approve'), answer('carl', json.id, 'approve')]);
    expect(answers.map(({ code }) => code).sort()).toEqual([200, 409]);
    expect((await world.releases()).filter(({ bundle }: { bundle: string }) => bundle === '1.1.0')).toHaveLength(1);
  });

  test('in a freeze says so when it is asked for', async () => {
    const [from, to] = [new Date(Date.now() - HOUR_MS), new Date(Date.now() + HOUR_MS)];
    await world.manage('POST', '/freeze', { app_id, channel: 'production', name: 'night', from, to });
    expect(await ask('anna')).toMatchObject({ code: 403, json: { error: 'channel_frozen' } });
  });
});

describe('what waits stands in the list of what needs somebody', () => {
  const matters = async () => (await world.manage('GET', `/attention?app_id=${app_id}`)).data;

  test('approvals until they are answered', async () => {
    const { json } = await ask('anna');
    expect(await matters()).toMatchObject([
      {
        kind: 'approval_waits',
        severity: 'notice',
        message: `anna@example.test asks for a second person on production of ${app_id}.`,
      },
    ]);
    await answer('bert', json.id, 'refuse');
    expect(await matters()).toEqual([]);
  });

  test('plans that ask, and that stopped a release by themselves', async () => {
    const plan = (if_not_met: string) => ({
      steps: [{ share: 10, gate: 'evidence', patience_hours: 0, if_not_met }, { share: 100 }],
    });
    for (const [how, says] of [
      ['ask', 'asks: Go on from 10 %?'],
      ['stop', 'stopped it: After 1 min at 10 %'],
    ]) {
      await world.begin();
      const begun = await world.manage('POST', '/release', { ...promotion(), plan: plan(how!) });
      expect(await matters()).toEqual([]);
      await world.ramp(new Date(Date.parse(begun.plan.started_at) + 60_000));
      expect(await matters()).toMatchObject([
        {
          kind: 'plan_asks',
          severity: 'warning',
          channel: 'production',
          message: expect.stringContaining(`The plan of 1.1.0 on production of ${app_id} ${says}`),
        },
      ]);
      await world.answer('1.1.0', 'take_back');
      expect(await matters()).toEqual([]);
    }
  });
});
