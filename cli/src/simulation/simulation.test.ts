// The releases of many fleets by chance with a fixed seed. The large table is `npm run bench -- fleet`.

import { namedPlans } from '@overair/protocol/manage/plan';
import { NO_EVIDENCE, provesBad } from '@overair/protocol/rollouts/evidence';
import { describe, expect, it } from 'vitest';
import { type Outcomes, simulateReleases } from './outcomes.ts';
import { drawBinomial, randomFrom } from './random.ts';
import type { OtherRule } from './release.ts';
import { type Scenario, scenarioOf, TWO_HOUR_FAULT } from './scenario.ts';

const { careful, 'at once': atOnce } = namedPlans;
const GOOD = 0.005;

const simulate = (scenario: Scenario, releases = 100, rule?: () => OtherRule) =>
  simulateReleases(scenario, { releases, seed: 12 }, rule);

describe('releases by the plan "careful"', () => {
  it.each<[string, number, number, Partial<Outcomes>]>([
    ['a good bundle in a small fleet waits for a person', 1000, GOOD, { stopped: 0, asked: 1 }],
    ['a good bundle in a large fleet reaches everybody', 100_000, GOOD, { stopped: 0, kept: 1, hoursToGate: 48 }],
    ['2 % are contained in a large fleet', 100_000, 0.02, { contained: 1 }],
    ['5 % are contained', 10_000, 0.05, { contained: 1 }],
    ['30 % are stopped', 10_000, 0.3, { contained: 1, stopped: 1 }],
  ])('%s', (_, devices, failing, expected) => {
    expect(simulate(scenarioOf(devices, failing, careful))).toMatchObject(expected);
  });

  it('contains 2 % in a fleet of 10,000 in 98 of 100 releases', () => {
    expect(simulate(scenarioOf(10_000, 0.02, careful), 400).contained).toBeGreaterThanOrEqual(0.97);
  });
});

describe('a release to everybody at once', () => {
  it('is stopped when it is bad, and not when it is good', () => {
    expect(simulate(scenarioOf(100_000, 0.3, atOnce)).stopped).toBe(1);
    expect(simulate(scenarioOf(100_000, GOOD, atOnce)).stopped).toBe(0);
  });

  it('takes nothing back in a network fault of two hours', () => {
    const networkFault = { ...TWO_HOUR_FAULT, atHour: 2 };
    const outcomes = simulate({ ...scenarioOf(100_000, GOOD, atOnce), networkFault, action: 'take_back' });
    expect(outcomes).toMatchObject({ takenBack: 0, kept: 1 });
  });

  it('is not stopped by 40 devices that a stranger invents', () => {
    const strangers = { devices: 40, atHour: 1 };
    expect(simulate({ ...scenarioOf(10_000, GOOD, atOnce), strangers })).toMatchObject({ stopped: 0, kept: 1 });
  });

  // Why the evidence has a product for each trial: the first is known hours before the second.
  it('would be stopped by chance if failures to open and successes to start were one product', () => {
    const mixed = (): OtherRule => {
      let trials = { passed: 0, failed: 0 };
      return ({ started, failedToOpen, failedToStart }) => {
        trials = { passed: trials.passed + started, failed: trials.failed + failedToOpen + failedToStart };
        return provesBad({ ...NO_EVIDENCE, starting: trials }, 0.01);
      };
    };
    const good = scenarioOf(1_000_000, GOOD, atOnce);
    expect(simulate(good, 50, mixed).stopped).toBe(1);
    expect(simulate(good, 50).stopped).toBe(0);
  });
});

it('a clock that jumps a day ahead shortens no step', () => {
  const usual = simulate(scenarioOf(100_000, GOOD, careful), 20);
  const jumping = simulate({ ...scenarioOf(100_000, GOOD, careful), clockJump: { hours: 24, atHour: 3 } }, 20);
  expect(jumping.hoursToGate! - usual.hoursToGate!).toBeCloseTo(0, 0);
});

it('the same seed gives the same releases', () => {
  const scenario = scenarioOf(10_000, 0.02, careful);
  expect(simulate(scenario, 20)).toEqual(simulate(scenario, 20));
});

describe('chance', () => {
  it.each([
    [20, 0.3],
    [1000, 0.004],
    [1000, 0.3],
    [1000, 0.9],
    [1_000_000, 0.005],
  ])('%i devices, each with chance %f: mean and spread are those of the binomial distribution', (count, share) => {
    const random = randomFrom(count);
    const draws = Array.from({ length: 20_000 }, () => drawBinomial(random, count, share));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    const expected = count * share * (1 - share);
    expect(Math.abs(mean - count * share)).toBeLessThan(4 * Math.sqrt(expected / draws.length));
    expect(variance / expected).toBeCloseTo(1, 1);
  });
});
