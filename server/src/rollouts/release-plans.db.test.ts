// Releases under a plan, through the doors: what its steps wait for, what a person does with it, and what ends it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer } from '../testing/server.ts';
import { moveRamps } from './move-ramps.ts';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

const app_id = 'com.example.guarded';
const MINUTE_MS = 60_000;
const YEAR_MINUTES = 365 * 24 * 60;

let world: GuardedApp;
let now = new Date();

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());

/** The channel serves 1.0.0. */
beforeEach(() => world.begin());

const halfAnHour = { steps: [{ share: 10, least_hours: 0.5 }, { share: 40, least_hours: 0.5 }, { share: 100 }] };
const noConditions = { steps: [{ share: 10 }, { share: 40 }, { share: 70 }, { share: 100 }] };
const unproven = { steps: [{ share: 10, gate: 'evidence', patience_hours: 1 }, { share: 100 }] };

async function start(plan: unknown, version = '1.1.0', status = 200) {
  const release = await world.manage('POST', '/release', { app_id, channel: 'production', version, plan }, status);
  now = new Date(release.plan?.started_at ?? now);
  return release;
}

/** A server looks every ten minutes, and in the end. */
async function after(minutes: number): Promise<void> {
  for (let left = minutes; left > 0; left -= 10) {
    now = new Date(now.getTime() + Math.min(left, 10) * MINUTE_MS);
    await world.ramp(now);
  }
}

async function act(action: string, status = 200, more: object = {}, version = '1.1.0') {
  const { id } = await world.releaseOf(version);
  return world.manage('POST', '/release/plan', { app_id, release_id: id, action, ...more }, status);
}

/** `stable target share`. */
const channel = async () => {
  const { version, rollout_version_info, rolloutPercentageBps } = await world.channel();
  return `${version.name} ${rollout_version_info?.name ?? '-'} ${rolloutPercentageBps / 100}`;
};
const planOf = async (version = '1.1.0') => (await world.releaseOf(version)).plan;
/** `step 40 by whom`, oldest first. */
const movesOf = async (version = '1.1.0'): Promise<string[]> =>
  (await planOf(version)).moves.map(
    ({ move, share, by }: Record<string, unknown>) => `${move} ${share}${by === null ? '' : ' by a person'}`,
  );
const audited = async () => {
  const rows = await world.server.database.db
    .selectFrom('audit_logs')
    .select(['new_record', 'actor_type'])
    .where('table_name', '=', 'releases')
    .where('record_id', '=', String((await world.releaseOf('1.1.0')).id))
    .orderBy('id')
    .execute();
  return rows.map(
    ({ new_record, actor_type }) => `${(new_record as { plan: { move: string } }).plan.move} ${actor_type}`,
  );
};

describe('a plan', () => {
  test('is carried out step by step, and then everybody has the bundle', async () => {
    expect(await start(halfAnHour)).toMatchObject({
      bundle: '1.1.0',
      kind: 'rollout',
      state: 'running',
      plan: {
        ...{ state: 'running', step: 0, share: 10, name: null, notify: 'none', window: null, steps: halfAnHour.steps },
        waits_for: { code: 'time', least_seconds: 1800, until_at: expect.any(String) },
        message: expect.stringMatching(
          /^At 10 %, step 1 of 3: waits for the least time of this step: 30 min of 30 min/,
        ),
      },
    });
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(29);
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(1);
    expect(await channel()).toBe('1.0.0 1.1.0 40');
    await after(30);
    expect(await channel()).toBe('1.1.0 - 0');
    expect(await world.releaseOf('1.1.0')).toMatchObject({
      state: 'running',
      plan: { state: 'finished', step: 2, waits_for: null, asks_at: null, ended_at: expect.any(String) },
    });
    expect(await movesOf()).toEqual(['start 10 by a person', 'step 40', 'step 100', 'finish 100']);
    expect(await audited()).toEqual(['start apikey', 'step system', 'step system', 'finish system']);
  });

  test('asks a person once when evidence is missing, says so before, and goes on when told', async () => {
    const { plan } = await start(unproven);
    expect(plan).toMatchObject({
      waits_for: { code: 'evidence', devices: 0, failed: 0, evidence: 0, devices_needed: 367 },
      asks_at: expect.any(String),
      message: expect.stringMatching(/waits for evidence that fewer than 2 % .* it asks a person at 20/),
    });
    await after(60);
    await after(20);
    expect(await planOf()).toMatchObject({
      ...{ state: 'running', step: 0, asks_at: null, asked_at: expect.any(String), waits_for: { code: 'answer' } },
      question: expect.stringMatching(/^Go on from 10 %\?/),
      message: expect.stringMatching(/^At 10 %, step 1 of 2, the plan asks a person: Go on/),
    });
    expect(await movesOf()).toEqual(['start 10 by a person', 'ask 10']);
    expect(await act('next')).toMatchObject({ plan: { state: 'finished', asked_at: null, question: null } });
    expect(await channel()).toBe('1.1.0 - 0');
  });

  test('stops where it says so, and who runs the bundle gets the next one', async () => {
    await start({ steps: [{ ...unproven.steps[0], if_not_met: 'stop' }, { share: 100 }] });
    await after(70);
    expect(await world.releaseOf('1.1.0')).toMatchObject({
      state: 'stopped',
      plan: { state: 'stopped', reason: expect.stringMatching(/^After 60 min at 10 % it still waits for evidence/) },
    });
    expect(await movesOf()).toEqual(['start 10 by a person', 'stop 10']);
    await world.promote('1.2.0');
    expect(await channel()).toBe('1.2.0 - 0');
  });

  test('goes on by what devices report', async () => {
    await start({ steps: [{ share: 50, least_devices: 3 }, { share: 100 }] });
    await after(10);
    expect(await planOf()).toMatchObject({ step: 0, waits_for: { code: 'devices', devices: 0, least_devices: 3 } });
    await world.devicesInside(3, '1.1.0', 'set');
    await world.guard();
    expect(await planOf()).toMatchObject({ waits_for: null, message: expect.stringContaining('within a minute') });
    await after(10);
    expect(await channel()).toBe('1.1.0 - 0');
  });

  test('waits for its window', async () => {
    // Until tomorrow, whenever this test is run.
    const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 2) % 7];
    await start({ steps: [{ share: 10 }, { share: 100 }], window: { days: [day], zone: 'Etc/UTC' } });
    await after(10);
    expect(await planOf()).toMatchObject({ step: 0, waits_for: { code: 'window', until_at: expect.any(String) } });
    const { until_at } = (await planOf()).waits_for;
    await world.ramp(new Date(Date.parse(until_at) + MINUTE_MS));
    expect(await channel()).toBe('1.1.0 - 0');
  });

  test.each([
    ['a year ahead, and back', [YEAR_MINUTES, 5 - YEAR_MINUTES, 5, 5]],
    ['a year back', [-YEAR_MINUTES, 5, 5, 5, 5]],
  ])('is not hurried by a clock that jumps %s', async (_, jumps) => {
    await start(halfAnHour);
    for (const minutes of jumps) {
      now = new Date(now.getTime() + minutes * MINUTE_MS);
      await world.ramp(now);
    }
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(20);
    expect(await channel()).toBe('1.0.0 1.1.0 40');
  });
});

describe('a plan is begun', () => {
  test.each(['at once', { steps: [{ share: 100 }] }])('and over, for everybody at once: %j', async (plan) => {
    expect(await start(plan)).toMatchObject({ kind: 'plain', plan: { state: 'finished', step: 0 } });
    expect(await channel()).toBe('1.1.0 - 0');
  });

  test.each([
    ['0.5', 0.5, 0, '1'],
    ['30', 30, 2, '30'],
    ['50', 50, 3, '50'],
  ])('where a rollout to %s %% has come, and never below it', async (_, percent, step, share) => {
    await world.rollOut('1.1.0', percent * 100);
    expect(await start('careful')).toMatchObject({ plan: { step, state: 'running' } });
    expect(await channel()).toBe(`1.0.0 1.1.0 ${share}`);
  });

  test.each([
    ['a plan that nobody knows', 'brave', '1.1.0', 400, 'invalid_plan', /There is no plan "brave"/],
    [
      'a plan with a field that nobody knows',
      { steps: [{ share: 100, gait: 1 }] },
      '1.1.0',
      400,
      'invalid_plan',
      /gait/,
    ],
    ['a bundle that is not there', 'careful', '9.9.9', 400, 'cannot_find_version', /./],
    ['the bundle that everybody has', 'careful', '1.0.0', 409, 'already_served', /offers 1.0.0 to everybody/],
  ])('but not with %s', async (_, plan, version, status, error, message) => {
    expect(await start(plan, version, status)).toMatchObject({ error, message: expect.stringMatching(message) });
    expect(await channel()).toBe('1.0.0 - 0');
  });

  test('but not twice, nor for what is stopped, nor where no bundle is to fall back to', async () => {
    await start('careful');
    expect(await start('fast', '1.1.0', 409)).toMatchObject({ error: 'plan_under_way' });
    await world.answer('1.1.0', 'stop');
    expect(await start('fast', '1.1.0', 409)).toMatchObject({ error: 'release_is_stopped' });
    await world.begin();
    await world.set({ version: null });
    expect(await start('careful', '1.1.0', 400)).toMatchObject({ error: 'missing_stable_version' });
    expect(await start('at once')).toMatchObject({ plan: { state: 'finished' } });
  });

  test('as it was reviewed, by prepare and commit', async () => {
    const input = { app_id, channel: 'production', version: '1.1.0', plan: 'careful' };
    const prepared = await world.manage('POST', '/prepare', { call: 'POST /release', input });
    expect(prepared.rehearsal.channels).toMatchObject([{ after: { rollout: '1.1.0', rollout_percentage_bps: 100 } }]);
    expect(await channel()).toBe('1.0.0 - 0');
    const { token, expected_updated_at } = prepared;
    const committed = await world.server.app.inject({
      ...{ method: 'POST', url: '/commit', payload: JSON.stringify({ token, expected_updated_at }) },
      headers: { authorization: world.server.adminKey, 'idempotency-key': 'once' },
    });
    expect(committed.json()).toMatchObject({ answer: { bundle: '1.1.0', plan: { state: 'running', share: 1 } } });
    expect(await channel()).toBe('1.0.0 1.1.0 1');
  });
});

describe('a person', () => {
  test('pauses a plan, which grows no older meanwhile, and resumes it', async () => {
    await start(halfAnHour);
    await after(20);
    expect(await act('pause')).toMatchObject({ plan: { state: 'paused', waits_for: null } });
    await act('pause');
    await after(60);
    expect(await act('resume')).toMatchObject({ plan: { state: 'running' } });
    now = new Date();
    await world.ramp(new Date(now.getTime() + 9 * MINUTE_MS));
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await world.ramp(new Date(now.getTime() + 11 * MINUTE_MS));
    expect(await channel()).toBe('1.0.0 1.1.0 40');
    expect((await movesOf()).slice(1)).toEqual(['pause 10 by a person', 'resume 10 by a person', 'step 40']);
  });

  test('takes the next step now, once, and finishes', async () => {
    await start(halfAnHour);
    expect(await act('next', 200, { from_step: 0 })).toMatchObject({ plan: { step: 1, share: 40, state: 'running' } });
    expect(await act('next', 409, { from_step: 0 })).toMatchObject({ error: 'stale_write' });
    expect(await channel()).toBe('1.0.0 1.1.0 40');
    expect(await act('finish')).toMatchObject({ plan: { step: 2, state: 'finished' } });
    expect(await channel()).toBe('1.1.0 - 0');
    expect(await act('pause', 409)).toMatchObject({ error: 'no_plan' });
  });

  test('pauses the rollout: the plan waits, and goes on when it is resumed', async () => {
    await start(halfAnHour);
    await world.set({ rolloutPaused: true });
    await after(60);
    expect(await planOf()).toMatchObject({ state: 'running', step: 0, waits_for: { code: 'rollout_paused' } });
    expect(await act('next', 409)).toMatchObject({ error: 'rollout_is_paused' });
    await world.set({ rolloutPaused: false });
    await after(30);
    expect(await channel()).toBe('1.0.0 1.1.0 40');
  });
});

describe('a plan ends, and says why,', () => {
  const ends: [string, () => Promise<unknown>, string, RegExp, string][] = [
    ['with a plain release', () => world.promote('1.2.0'), 'superseded', /^1\.2\.0 was released\.$/, '1.2.0 - 0'],
    [
      'with another rollout',
      () => world.rollOut('1.2.0', 300),
      'superseded',
      /^1\.2\.0 was released\.$/,
      '1.0.0 1.2.0 3',
    ],
    ['with another plan', () => start('fast', '1.2.0'), 'superseded', /^1\.2\.0 was released\.$/, '1.0.0 1.2.0 10'],
    ['when its bundle goes to everybody', () => world.promote('1.1.0'), 'finished', /^Everybody/, '1.1.0 - 0'],
    ['when it is promoted', () => world.set({ promoteToStable: true }), 'finished', /^Everybody/, '1.1.0 - 0'],
    [
      'when the share is set by hand',
      () => world.set({ rolloutPercentageBps: 3300 }),
      'superseded',
      /^The share was set to 33 %\.$/,
      '1.0.0 1.1.0 33',
    ],
    ['when it is taken back', () => world.rollBack(), 'taken_back', /taken back/, '1.0.0 - 0'],
    [
      'when a person stops it',
      () => world.answer('1.1.0', 'stop'),
      'stopped',
      /^Stopped by a person$/,
      '1.0.0 1.1.0 10',
    ],
  ];
  test.each(ends)('%s', async (_, happens, state, reason, serves) => {
    await start(halfAnHour);
    await happens();
    expect(await planOf()).toMatchObject({
      state,
      reason: expect.stringMatching(reason),
      ended_at: expect.any(String),
    });
    expect(await channel()).toBe(serves);
    await after(40);
    expect(await channel()).toBe(serves);
  });

  test('when the guard stops it, and a new one goes on where it was, once a person keeps it', async () => {
    await start(halfAnHour);
    await world.devicesInside(10, '1.1.0', 'set_fail');
    await after(10);
    expect(await world.releaseOf('1.1.0')).toMatchObject({
      state: 'stopped',
      guard: { acted: 'stop' },
      plan: { state: 'stopped', reason: expect.stringContaining('10 of 10 devices failed') },
    });
    await world.answer('1.1.0', 'keep');
    expect(await start('careful')).toMatchObject({ state: 'running', plan: { step: 1, state: 'running' } });
    expect(await channel()).toBe('1.0.0 1.1.0 10');
  });

  test('but takes no step while the guard only warns', async () => {
    await world.set({ guard_action: 'tell' });
    await start(halfAnHour);
    await world.devicesInside(10, '1.1.0', 'set_fail');
    await after(60);
    expect(await planOf()).toMatchObject({ state: 'running', step: 0, waits_for: { code: 'guard' } });
    expect(await act('next', 409)).toMatchObject({ error: 'release_is_proven_bad' });
    await world.answer('1.1.0', 'keep');
    await after(30);
    expect(await channel()).toBe('1.0.0 1.1.0 40');
  });
});

describe('it acts once', () => {
  test('though several workers look at once', async () => {
    const { database } = world.server;
    const other = await startTestServer({ newDevicesPerHour: 0 }, database);
    try {
      await start(noConditions);
      now = new Date(now.getTime() + MINUTE_MS);
      const servers = [world.server, other, world.server, other];
      await Promise.all(servers.map(({ parts }) => moveRamps(parts, now)));
      expect(await movesOf()).toEqual(['start 10 by a person', 'step 40']);
      expect(await channel()).toBe('1.0.0 1.1.0 40');
    } finally {
      await other.close();
    }
  });

  test.each(['channels', 'plan_moves', 'audit_logs'])('also when it dies at its write of %s', async (table) => {
    const { database } = world.server;
    await start(noConditions);
    await database.query(`
      create function die() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger die before insert or update on ${table} for each row execute function die();`);
    await expect(after(1)).rejects.toThrow();
    await database.query(`drop trigger die on ${table}; drop function die();`);
    expect(await movesOf()).toEqual(['start 10 by a person']);
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(1);
    expect(await movesOf()).toEqual(['start 10 by a person', 'step 40']);
    expect(await audited()).toEqual(['start apikey', 'step system']);
    expect(await channel()).toBe('1.0.0 1.1.0 40');
  });

  test('and a plan that cannot be moved keeps none of the others from it', async () => {
    const { database } = world.server;
    await world.manage('POST', '/channel', { app_id, channel: 'beta', version: '1.0.0' });
    await start(noConditions);
    const body = { app_id, channel: 'beta', version: '1.2.0', plan: noConditions };
    const { id } = await world.manage('POST', '/release', body);
    await database.query(`update release_plans set plan = '{}' where release_id < ${id}`);
    await expect(after(1)).rejects.toThrow('1 plans could not be moved');
    expect(await world.manage('GET', `/release/${id}?app_id=${app_id}`)).toMatchObject({ plan: { step: 1 } });
  });
});
