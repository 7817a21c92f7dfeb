import { describe, expect, it } from 'vitest';
import { logFactorial, upperBound } from './binomial.ts';
import { toleranceOf } from './tolerance.ts';

/** The chance of `count` or fewer, term by term. */
function atMost(count: number, devices: number, share: number): number {
  let chance = (1 - share) ** devices;
  let sum = chance;
  for (let k = 1; k <= count; k++) {
    chance *= ((devices - k + 1) / k) * (share / (1 - share));
    sum += chance;
  }
  return sum;
}

describe('the upper bound of a share', () => {
  it.each([
    [0, 100],
    [5, 100],
    [3, 600],
    [50, 1000],
    [30, 100],
  ])('%i of %i: one sample in twenty shows so few', (failures, devices) => {
    expect(atMost(failures, devices, upperBound(failures, devices, 0.95))).toBeCloseTo(0.05, 9);
  });

  it('is 1 where all failed, and holds for a million devices', () => {
    expect(upperBound(7, 7, 0.95)).toBe(1);
    expect(upperBound(5000, 1_000_000, 0.95)).toBeCloseTo(0.005117, 5);
  });

  it('knows factorials where the series takes over', () => {
    expect(logFactorial(20)).toBeCloseTo(Math.log(20) + logFactorial(19), 12);
    expect(logFactorial(0)).toBe(0);
  });
});

describe('the tolerance', () => {
  it.each<[string, [number, number][], number]>([
    ['nothing was kept', [], 0.01],
    [
      'few devices say little, and widen nothing',
      [
        [99, 1],
        [0, 400],
      ],
      0.01,
    ],
    ['a channel whose bundles never fail', [[100_000, 0]], 0.01],
    ['a channel whose bundles fail on 2 %', [[9800, 200]], 0.0449],
    [
      'releases are taken together',
      [
        [4900, 100],
        [4900, 100],
      ],
      0.0449,
    ],
    ['a channel whose bundles fail on half of all devices', [[1000, 1000]], 0.25],
  ])('%s', (_, kept, expected) => {
    expect(toleranceOf(kept.map(([passed, failed]) => ({ passed, failed })))).toBeCloseTo(expected, 3);
  });
});
