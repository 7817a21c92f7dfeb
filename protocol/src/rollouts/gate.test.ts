import { describe, expect, it } from 'vitest';
import { NO_EVIDENCE } from './evidence.ts';
import { devicesForGate, gateIsOpen, gateProgress } from './gate.ts';

const seen = (passed: number, failed: number) => ({ ...NO_EVIDENCE, starting: { passed, failed } });

describe('the gate', () => {
  it.each([
    [197, 0, false],
    [198, 0, true],
    [288, 1, false],
    [290, 1, true],
    [5000, 100, false],
    [5000, 25, true],
  ])('%i devices run it and %i failed: open is %s', (passed, failed, expected) => {
    expect(gateIsOpen(seen(passed, failed), 0.01)).toBe(expected);
  });

  it('counts devices that could not open the bundle', () => {
    expect(gateIsOpen({ ...seen(198, 0), opening: { passed: 198, failed: 1 } }, 0.01)).toBe(false);
  });

  it('needs 367 devices on average for a good bundle, and more where more is asked of it', () => {
    expect(devicesForGate(0.01)).toBe(367);
    expect(devicesForGate(0.02)).toBeLessThan(367);
  });

  it('is never open without a device', () => {
    expect(gateProgress(NO_EVIDENCE, 0.01)).toBe(0);
  });

  it('is a supermartingale for bundles as bad as it refuses: passed by chance at most once in 20', () => {
    for (const tolerance of [0.01, 0.05, 0.25]) {
      for (const share of [2 * tolerance, 3 * tolerance]) {
        const weight = (passed: number, failed: number) =>
          Math.exp(gateProgress(seen(passed, failed), tolerance) * Math.log(20));
        expect((1 - share) * weight(1, 0) + share * weight(0, 1)).toBeLessThanOrEqual(1 + 1e-12);
      }
    }
  });
});
