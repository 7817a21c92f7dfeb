import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GuardedApp, openGuardedApp } from './testing/guarded-app.ts';

const app_id = 'com.example.guarded';
const MINUTE_MS = 60_000;

let world: GuardedApp;
let now = new Date();

beforeAll(async () => {
  world = await openGuardedApp();
});
afterAll(() => world.close());

/** The channel serves 1.0.0. */
beforeEach(() => world.begin());

const twoSteps = { steps: [{ share: 10, least_hours: 0.5 }, { share: 100 }] };

async function start(plan: unknown, version = '1.1.0', status = 200) {
  const release = await world.manage('POST', '/release', { app_id, channel: 'production', version, plan }, status);
  now = new Date(release.plan?.started_at ?? now);
  return release;
}

/** A server looks after so many minutes, and every ten minutes until then. */
async function after(minutes: number): Promise<void> {
  for (let left = minutes; left > 0; left -= 10) {
    now = new Date(now.getTime() + Math.min(left, 10) * MINUTE_MS);
    await world.ramp(now);
  }
}

const channel = async () => {
  const { version, rollout_version_info, rolloutPercentageBps } = await world.channel();
  return `${version.name} ${rollout_version_info?.name ?? '-'} ${rolloutPercentageBps / 100}`;
};
const planOf = async (version = '1.1.0') => (await world.releaseOf(version)).plan;

describe('a plan', () => {
  test('is carried out step by step, and then everybody has the bundle', async () => {
    expect(await start(twoSteps)).toMatchObject({
      bundle: '1.1.0',
      kind: 'rollout',
      state: 'running',
      plan: {
        state: 'running',
        step: 0,
        share: 10,
        waits_for: { code: 'time', least_seconds: 1800 },
        message: expect.stringMatching(
          /^At 10 %, step 1 of 2: waits for the least time of this step: 30 min of 30 min/,
        ),
      },
    });
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(29);
    expect(await channel()).toBe('1.0.0 1.1.0 10');
    await after(1);
    expect(await channel()).toBe('1.1.0 - 0');
    const { plan, state } = await world.releaseOf('1.1.0');
    expect(state).toBe('running');
    expect(plan).toMatchObject({ state: 'finished', step: 1, waits_for: null, ended_at: expect.any(String) });
    expect(plan.moves.map(({ move, share, by }: Record<string, unknown>) => [move, share, by])).toEqual([
      ['start', 10, expect.any(String)],
      ['step', 100, null],
      ['finish', 100, null],
    ]);
  });
});
