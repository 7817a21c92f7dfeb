import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devicesOf, type Evidence, logEvidence, NO_EVIDENCE, provesBad } from './evidence.ts';

const SEED = 20_261_127;
const counts = fc.record({ passed: fc.nat(100_000), failed: fc.nat(1000) });
const evidences: fc.Arbitrary<Evidence> = fc.record({ opening: counts, starting: counts });
const tolerances = fc.double({ min: 0.01, max: 0.25, noNaN: true });

describe('the evidence', () => {
  it('is a supermartingale: one more device leaves E where it was or lowers it, on average, up to the tolerance', () => {
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        evidences,
        tolerances,
        shares,
        fc.constantFrom('opening', 'starting'),
        (evidence, tolerance, part, trial) => {
          const share = part * tolerance;
          const before = logEvidence(evidence, tolerance);
          const { passed, failed } = evidence[trial];
          const after = (change: { passed: number; failed: number }) =>
            Math.exp(logEvidence({ ...evidence, [trial]: change }, tolerance) - before);
          const expected =
            share * after({ passed, failed: failed + 1 }) + (1 - share) * after({ passed: passed + 1, failed });
          expect(expected).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('is 1 before anything is known', () => {
    expect(logEvidence(NO_EVIDENCE, 0.01)).toBe(0);
  });

  it('grows with a failure and shrinks with a success', () => {
    fc.assert(
      fc.property(evidences, tolerances, ({ opening, starting }, tolerance) => {
        const before = logEvidence({ opening, starting }, tolerance);
        const worse = { opening, starting: { ...starting, failed: starting.failed + 1 } };
        const better = { opening, starting: { ...starting, passed: starting.passed + 1 } };
        expect(logEvidence(worse, tolerance)).toBeGreaterThanOrEqual(before);
        expect(logEvidence(better, tolerance)).toBeLessThanOrEqual(before);
      }),
      { seed: SEED },
    );
  });

  it.each([
    ['a million failures', 0, 1_000_000],
    ['a million successes', 1_000_000, 0],
    ['a hundred million of both', 100_000_000, 1_000_000],
  ])('stays a number with %s', (_, passed, failed) => {
    expect(logEvidence({ opening: { passed, failed }, starting: { passed, failed } }, 0.01)).toSatisfy(Number.isFinite);
  });

  it.each([
    [2, 0, false],
    [3, 0, true],
    [9, 21, true],
    [40, 0, true],
    [5, 995, false],
  ])('%i failures and %i successes at the start: proved bad is %s', (failed, passed, expected) => {
    expect(provesBad({ ...NO_EVIDENCE, starting: { passed, failed } }, 0.01)).toBe(expected);
  });

  it('counts a device that could not open the bundle as one that failed', () => {
    const evidence = { opening: { passed: 90, failed: 10 }, starting: { passed: 60, failed: 5 } };
    expect(devicesOf(evidence)).toEqual({ passed: 60, failed: 15 });
  });
});
