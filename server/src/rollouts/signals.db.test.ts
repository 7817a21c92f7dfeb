// Numbers from outside: what they do to a release, and what is remembered of them. The channel serves 1.0.0, which was kept, then 1.1.0.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  await world.promote('1.1.0');
});

async function send(signal: object, status = 200) {
  const { id } = await world.newest();
  return world.manage('POST', `/release/${id}/signal`, { app_id: world.app_id, name: 'crashes', ...signal }, status);
}

const audited = async () => {
  const { id } = await world.newest();
  return world.server.database.db
    .selectFrom('audit_logs')
    .select(['actor_type', 'changed_fields'])
    .where('table_name', '=', 'releases')
    .where('record_id', '=', String(id))
    .orderBy('id')
    .execute();
};

test('within its bound a number is kept and shown, and nothing happens', async () => {
  expect(await send({ value: 0.5, bound: 0.5 })).toMatchObject({
    state: 'running',
    signals: [{ name: 'crashes', value: 0.5, bound: 0.5, worse: 'above', is_breached: false }],
  });
  expect(await world.offered()).toBe('1.1.0');
});

test.each([
  [{ value: 3, bound: 2 }, 'crashes is 3, above its bound of 2.'],
  [{ name: 'crash free', value: 0.97, bound: 0.99, worse: 'below' }, 'crash free is 0.97, below its bound of 0.99.'],
])('beyond its bound it stops the release, as the guard would: %j', async (signal, reason) => {
  const answer = await send(signal);
  expect(answer).toMatchObject({
    state: 'stopped',
    guard: { acted: 'stop', reason },
    signals: [{ is_breached: true }],
  });
  expect(await world.offered()).toBe('1.0.0');
  expect(await audited()).toEqual([
    { actor_type: 'apikey', changed_fields: ['signal'] },
    { actor_type: 'system', changed_fields: ['guard'] },
  ]);
});

test.each([
  ['take_back', 'taken_back', '1.0.0'],
  ['tell', 'running', '1.1.0'],
  ['off', 'running', '1.1.0'],
])('what happens is what the channel says: %s', async (guard_action, state, offered) => {
  await world.set({ guard_action });
  await send({ value: 3, bound: 2 });
  expect(await world.releaseOf('1.1.0')).toMatchObject({ state });
  expect(await world.offered()).toBe(offered);
  await world.promote('1.2.0');
  expect(await world.rollBack()).toMatchObject({ bundle: '1.0.0' });
});

test('a release that a person keeps is not stopped by it', async () => {
  await world.answer('1.1.0', 'keep');
  expect(await send({ value: 3, bound: 2 })).toMatchObject({ state: 'running', signals: [{ is_breached: true }] });
});

test('the last number of a name counts, and the audit log has those that cross the bound', async () => {
  await world.set({ guard_action: 'off' });
  for (const value of [1, 1.5, 3, 4, 1]) await send({ value, bound: 2 });
  expect(await world.newest()).toMatchObject({ signals: [{ name: 'crashes', value: 1, is_breached: false }] });
  expect(await audited()).toHaveLength(3);
});

test.each<[object, number, string]>([
  [{ value: 1 }, 400, 'missing_bound'],
  [{ bound: 1 }, 400, 'missing_value'],
  [{ value: '1', bound: 1 }, 400, 'invalid_value'],
  [{ value: 1, bound: 2, worse: 'sideways' }, 400, 'invalid_worse'],
  [{ value: 1, bound: 2, name: ' ' }, 400, 'invalid_name'],
])('%j is refused', async (signal, status, error) => {
  expect(await send(signal, status)).toMatchObject({ error });
  expect(await world.newest()).toMatchObject({ state: 'running', signals: [] });
});

test('a release has room for twenty names, and one that is over takes none', async () => {
  for (let at = 0; at < 20; at++) await send({ name: `n${at}`, value: 1, bound: 2 });
  expect(await send({ name: 'more', value: 1, bound: 2 }, 400)).toMatchObject({ error: 'too_many_signals' });
  await send({ name: 'n7', value: 1, bound: 2 });
  const { id } = await world.newest();
  await world.promote('1.2.0');
  const signal = { app_id: world.app_id, name: 'n7', value: 3, bound: 2 };
  const answer = await world.manage('POST', `/release/${id}/signal`, signal, 409);
  expect(answer).toMatchObject({ error: 'release_is_over' });
});
