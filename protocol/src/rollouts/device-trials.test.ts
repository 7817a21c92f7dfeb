import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Counted, countTrial, HOLD_MS, mayCount, NOT_COUNTED, recount } from './device-trials.ts';
import { logEvidence, NO_EVIDENCE } from './evidence.ts';

const NOW_MS = Date.UTC(2026, 10, 27);

describe('a trial of a device', () => {
  it.each<[string, { agoMs: number; failed: boolean } | undefined, Counted, Counted]>([
    ['nothing heard', undefined, null, null],
    ['passed just now', { agoMs: 0, failed: false }, null, null],
    ['failed just now', { agoMs: HOLD_MS - 1, failed: true }, null, null],
    ['passed and held', { agoMs: HOLD_MS, failed: false }, null, 'passed'],
    ['failed and held', { agoMs: HOLD_MS, failed: true }, null, 'failed'],
    ['failed, counted, runs after all', { agoMs: 10 * HOLD_MS, failed: false }, 'failed', 'passed'],
    ['ran, counted, fails later: a crash', { agoMs: 10 * HOLD_MS, failed: true }, 'passed', 'passed'],
    ['heard in the future, by a clock that went back', { agoMs: -1, failed: true }, null, null],
  ])('%s', (_, word, counted, expected) => {
    const given = word && { firstAtMs: NOW_MS - word.agoMs, failed: word.failed };
    expect(countTrial(given, counted, NOW_MS)).toBe(expected);
  });

  it('enters once, at a time that its outcome has no part in, and later only ever lowers E', () => {
    const histories = fc.array(fc.record({ afterMs: fc.nat(3 * HOLD_MS), failed: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(histories, (history) => {
        let nowMs = NOW_MS;
        let counted = NOT_COUNTED;
        let evidence = NO_EVIDENCE;
        for (const { afterMs, failed } of history) {
          nowMs += afterMs;
          const isFirst = counted.starting === null;
          const after = { opening: null, starting: countTrial({ firstAtMs: NOW_MS, failed }, counted.starting, nowMs) };
          const next = recount(evidence, counted, after);
          expect(after.starting === null).toBe(isFirst && nowMs - NOW_MS < HOLD_MS);
          if (!isFirst) expect(logEvidence(next, 0.01)).toBeLessThanOrEqual(logEvidence(evidence, 0.01));
          counted = after;
          evidence = next;
        }
        const { passed, failed } = evidence.starting;
        expect(passed + failed).toBe(counted.starting === null ? 0 : 1);
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});

describe('a new device', () => {
  it.each([
    ['known before', false, 5000, 400, true],
    ['the first of its network', true, 5000, 0, true],
    ['the second of its network', true, 5000, 1, false],
    ['the twentieth in one office that tries an app out', true, 12, 19, true],
    ['the twenty-first', true, 12, 20, false],
  ])('%s', (_, isNew, knownDevices, newOfNetwork, expected) => {
    expect(mayCount(isNew, knownDevices, newOfNetwork)).toBe(expected);
  });
});
