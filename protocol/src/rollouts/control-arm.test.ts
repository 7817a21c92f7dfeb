import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logFactorial } from './binomial.ts';
import {
  type ArmsOfPeriod,
  logNetworkEvidence,
  NO_NETWORK_EVIDENCE,
  observePeriod,
  provesOurDownloadsFail,
} from './control-arm.ts';

const arms = (ours: [number, number], control: [number, number]): ArmsOfPeriod => ({
  ours: { passed: ours[0] - ours[1], failed: ours[1] },
  control: { passed: control[0] - control[1], failed: control[1] },
});

const logChoose = (n: number, k: number) => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

describe('the control arm', () => {
  it('is a supermartingale where both arms fail alike, however often that is', () => {
    const sizes = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(sizes, sizes, fc.nat(100), (ourSize, controlSize, percent) => {
        const failed = Math.round(((ourSize + controlSize) * percent) / 100);
        let expected = 0;
        for (let ours = Math.max(0, failed - controlSize); ours <= Math.min(failed, ourSize); ours++) {
          const log =
            logChoose(ourSize, ours) + logChoose(controlSize, failed - ours) - logChoose(ourSize + controlSize, failed);
          const sums = observePeriod(NO_NETWORK_EVIDENCE, arms([ourSize, ours], [controlSize, failed - ours]));
          expected += Math.exp(log + logNetworkEvidence(sums));
        }
        expect(expected).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it.each<[string, ArmsOfPeriod, boolean]>([
    ['a fault that hits both', arms([1000, 400], [1000, 400]), false],
    ['a fault that hits everybody', arms([1000, 1000], [1000, 1000]), false],
    ['our downloads alone', arms([1000, 50], [1000, 5]), true],
    ['no control arm', arms([1000, 1000], [0, 0]), false],
    ['nothing failed', arms([1000, 0], [1000, 0]), false],
  ])('%s', (_, period, expected) => {
    expect(provesOurDownloadsFail(observePeriod(NO_NETWORK_EVIDENCE, period))).toBe(expected);
  });

  it('gathers over periods', () => {
    const period = arms([100, 4], [100, 0]);
    const first = observePeriod(NO_NETWORK_EVIDENCE, period);
    expect(provesOurDownloadsFail(first)).toBe(false);
    let sums = first;
    for (let more = 0; more < 5; more++) sums = observePeriod(sums, period);
    expect(provesOurDownloadsFail(sums)).toBe(true);
  });
});
