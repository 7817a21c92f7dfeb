// What phones are offered, and what the record says, after deeds of people and of the guard. Each begins with 1.0.0 on the channel.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cleanUp } from '../releases/retention.ts';
import { DAY_MS } from '../utc-day.ts';
import { listDue } from './due-releases.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

let world: GuardedApp;

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

const fails = (version: string) => world.devices(5, version, 'set_fail');

describe('a bundle that was taken back and is put on again by its name', () => {
  beforeEach(async () => {
    await world.promote('1.1.0');
    await world.rollBack();
    await world.promote('1.1.0');
  });

  test('is a release of its own, which the guard judges', async () => {
    await fails('1.1.0');
    await world.guard();
    expect(await world.newest()).toMatchObject({ bundle: '1.1.0', kind: 'plain', state: 'stopped' });
    expect(await world.offered()).toBe('1.0.0');
  });

  test('leaves the way back where it was', async () => {
    expect(await world.rollBack()).toMatchObject({ bundle: '1.0.0' });
  });
});

describe('a stable bundle that is bad, beside a rollout', () => {
  test('is taken back by the guard, and the rollout goes on', async () => {
    await world.set({ guard_action: 'take_back' });
    await world.rollOut('1.2.0');
    await world.promote('1.1.0');
    const [first] = await fails('1.1.0');
    await world.guard();
    expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'taken_back', guard: { acted: 'take_back' } });
    expect(await world.releaseOf('1.2.0')).toMatchObject({ state: 'running' });
    expect(await world.channel()).toMatchObject({
      version: { name: '1.0.0' },
      rollout_version_info: { name: '1.2.0' },
    });
    expect(await world.offered('1.1.0', first)).toBe('1.0.0');
  });

  test('is taken back by a person who names it', async () => {
    await world.set({ guard_action: 'tell' });
    await world.rollOut('1.2.0');
    await world.promote('1.1.0');
    await fails('1.1.0');
    await world.guard();
    expect(await world.answer('1.1.0', 'take_back')).toMatchObject({ bundle: '1.1.0', state: 'taken_back' });
    expect(await world.offered()).toBe('1.0.0');
    expect(await world.releaseOf('1.2.0')).toMatchObject({ state: 'running' });
  });

  test('is stopped: who runs it keeps it, others get what was kept, and the next bundle reaches all', async () => {
    await world.rollOut('1.2.0');
    await world.promote('1.1.0');
    const [first] = await fails('1.1.0');
    await world.guard();
    expect(await world.record()).toEqual(['1.1.0 plain stopped', '1.2.0 rollout running', '1.0.0 plain running']);
    expect(await world.offered('1.1.0', first)).toBeUndefined();
    expect(await world.offered()).toBe('1.0.0');
    await world.manage('POST', '/bundle', {
      app_id: world.app_id,
      version: '1.1.1',
      external_url: 'https://cdn.test/1.1.1.zip',
      checksum: 'a'.repeat(64),
    });
    await world.promote('1.1.1');
    expect(await world.offered('1.1.0', first)).toBe('1.1.1');
    expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'replaced' });
  });

  test.each(['keep', 'take_back'] as const)('is stopped, and answered by a person: %s', async (answer) => {
    await world.rollOut('1.2.0');
    await world.promote('1.1.0');
    const [first] = await fails('1.1.0');
    await world.guard();
    await world.answer('1.1.0', answer);
    expect(await world.offered('1.1.0', first)).toBe(answer === 'keep' ? undefined : '1.0.0');
    expect(await world.offered()).toBe(answer === 'keep' ? '1.1.0' : '1.0.0');
    expect(await world.releaseOf('1.2.0')).toMatchObject({ state: 'running' });
  });
});

test.each<[string, () => Promise<unknown>]>([
  ['goes on beside it', async () => undefined],
  ['another rollout took the place of', () => world.rollOut('1.3.0')],
  ['was ended by its promotion', () => world.set({ rolloutVersion: '1.1.0', promoteToStable: true })],
])('a rollout to a share is nothing to return to from a bad bundle: one that %s', async (_, then) => {
  await world.begin(['1.0.0', '1.1.0', '1.2.0', '1.3.0']);
  await world.rollOut('1.2.0');
  await then();
  if ((await world.channel()).version.name !== '1.1.0') await world.promote('1.1.0');
  await fails('1.1.0');
  await world.guard();
  expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'stopped' });
  expect(await world.offered()).toBe('1.0.0');
});

describe('the bundle that a channel returns to', () => {
  const age = () =>
    world.server.database.db
      .updateTable('bundles')
      .set({ created_at: new Date(Date.now() - 40 * DAY_MS) })
      .where('app_id', '=', world.app_id)
      .execute();
  const names = async () =>
    (await world.manage('GET', `/bundle?app_id=${world.app_id}`)).map(({ name }: { name: string }) => name).sort();

  test.each<[string, () => Promise<unknown>]>([
    ['the nightly clean-up', () => cleanUp(world.server.parts, new Date())],
    ['the clean-up by hand', () => world.manage('DELETE', '/bundle', { app_id: world.app_id })],
  ])('is spared by %s', async (_, clean) => {
    await world.promote('1.1.0');
    await world.promote('1.2.0');
    await age();
    await clean();
    expect(await names()).toEqual(['1.1.0', '1.2.0']);
    await fails('1.2.0');
    await world.guard();
    expect(await world.offered()).toBe('1.1.0');
  });

  test.each(['stop', 'take_back'])(
    'when it was deleted by its name, the guard (%s) moves nobody',
    async (guard_action) => {
      await world.set({ guard_action });
      await world.promote('1.1.0');
      await world.manage('DELETE', '/bundle', { app_id: world.app_id, version: '1.0.0' });
      const [first] = await fails('1.1.0');
      await world.guard();
      expect(await world.newest()).toMatchObject({ bundle: '1.1.0', state: 'stopped', guard: { acted: 'stop' } });
      for (const version of ['0.9.0', '1.0.0', '1.1.0'])
        expect(await world.ask(first!, version)).not.toHaveProperty('version');
      await world.promote('1.2.0');
      expect(await world.offered('1.0.0')).toBe('1.2.0');
    },
  );
});

describe('a rollout', () => {
  test('does not keep its stable bundle from being judged, also after it was taken back', async () => {
    await world.promote('1.1.0');
    await world.rollOut('1.2.0');
    await fails('1.1.0');
    await world.rollBack();
    await world.guard();
    expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'stopped', guard: { acted: 'stop' } });
    expect(await world.offered()).toBe('1.0.0');
  });

  test('that was taken back does not bring rollbacks round', async () => {
    await world.promote('1.1.0');
    await world.rollOut('1.2.0');
    expect(
      [await world.rollBack(), await world.rollBack(), await world.rollBack()].map(({ bundle }) => bundle),
    ).toEqual(['1.1.0', '1.0.0', 'builtin']);
    await world.rollBack(400);
  });

  test('that the guard stopped at any share is ended by the next bundle, which reaches who runs it', async () => {
    await world.rollOut('1.1.0', 10_000);
    const [first] = await fails('1.1.0');
    await world.set({ rolloutPercentageBps: 500 });
    await world.guard();
    expect(await world.newest()).toMatchObject({ state: 'stopped' });
    await world.promote('1.2.0');
    expect(await world.channel()).toMatchObject({ version: { name: '1.2.0' }, rollout_version: null });
    expect(await world.offered('1.1.0', first)).toBe('1.2.0');
    expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'replaced' });
  });

  test('begun together with a stable bundle is one of two releases', async () => {
    await world.set({ version: '1.1.0', rolloutVersion: '1.2.0', rolloutPercentageBps: 1, rolloutEnabled: true });
    expect(await world.record()).toEqual(['1.2.0 rollout running', '1.1.0 plain running', '1.0.0 plain kept']);
    await fails('1.1.0');
    await world.guard();
    expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'stopped' });
  });
});

describe('a release that a person stops', () => {
  test('without one before it: nobody is moved, and the next bundle reaches all', async () => {
    await world.answer('1.0.0', 'stop');
    expect(await world.newest()).toMatchObject({ bundle: '1.0.0', state: 'stopped' });
    for (const version of ['0.9.0', '1.0.0', '0.8.0']) expect(await world.offered(version)).toBeUndefined();
    await world.promote('1.1.0');
    for (const version of ['0.9.0', '1.0.0', '0.8.0']) expect(await world.offered(version)).toBe('1.1.0');
    expect(await world.channel()).toMatchObject({ rollout_version: null });
  });

  test('beside a rollout stays with who runs it', async () => {
    await world.rollOut('1.2.0');
    await world.promote('1.1.0');
    const [first] = await world.devices(1, '1.1.0', 'set');
    await world.answer('1.1.0', 'stop');
    expect(await world.offered('1.1.0', first)).toBeUndefined();
    expect(await world.offered()).toBe('1.0.0');
  });

  test('is nothing to return to', async () => {
    await world.promote('1.1.0');
    await world.answer('1.1.0', 'stop');
    await world.promote('1.2.0');
    expect(await world.rollBack()).toMatchObject({ bundle: '1.0.0' });
  });
});

test.each(['tell', 'off'])('what the guard (%s) has proven bad is not returned to', async (guard_action) => {
  await world.set({ guard_action });
  await world.promote('1.1.0');
  await fails('1.1.0');
  await world.guard();
  await world.promote('1.2.0');
  expect(await world.releaseOf('1.1.0')).toMatchObject({ state: 'replaced' });
  expect(await world.rollBack()).toMatchObject({ bundle: '1.0.0' });
});

test('a channel that is deleted has nothing under way, and nothing due', async () => {
  await world.devices(1, '1.0.0', 'set');
  await world.manage('DELETE', '/channel', { app_id: world.app_id, channel: 'production' });
  expect(await world.newest()).toMatchObject({ state: 'replaced', ended_at: expect.any(String) });
  expect(await listDue(world.server.database.db, new Date())).toEqual([]);
});

test('an app that went quiet is not due', async () => {
  const { db } = world.server.database;
  await world.devices(1, '1.0.0', 'set');
  const due = async (afterMs: number) => (await listDue(db, new Date(Date.now() + afterMs))).length;
  expect(await due(0)).toBe(1);
  await world.guard();
  expect(await due(60_000)).toBe(1);
  expect(await due(10 * 60_000)).toBe(0);
  expect(await due(5 * DAY_MS)).toBe(0);
  await world.devices(1, '1.0.0', 'set');
  expect(await due(5 * DAY_MS)).toBe(1);
});
