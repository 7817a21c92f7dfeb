import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayCount, NO_WORDS, recount, type Word } from './device-trials.ts';
import { type Evidence, logEvidence, NO_EVIDENCE } from './evidence.ts';

const TOLERANCE = 0.01;
const starting = (word: Word) => ({ ...NO_WORDS, starting: word });

describe('a device', () => {
  it.each<[string, Word[], { passed: number; failed: number }]>([
    ['says nothing', [null], { passed: 0, failed: 0 }],
    ['starts the bundle', ['passed'], { passed: 1, failed: 0 }],
    ['is activated, and is not ready in time', ['passed', 'failed'], { passed: 0, failed: 1 }],
    ['fails, and runs it after all', ['failed', 'passed'], { passed: 1, failed: 0 }],
    ['says the same twice', ['failed', 'failed'], { passed: 0, failed: 1 }],
  ])('that %s counts once, by its last word', (_, words, expected) => {
    let [evidence, before] = [NO_EVIDENCE, NO_WORDS];
    for (const after of words.map(starting)) {
      evidence = recount(evidence, before, after);
      before = after;
    }
    expect(evidence).toEqual({ ...NO_EVIDENCE, starting: expected });
  });

  it('never raises E above the count in which it enters with its first word, as failed if it ever does', () => {
    const told = fc.record({ device: fc.nat(20), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 100 }), (history) => {
        const everFails = new Set(history.filter(({ failed }) => failed).map(({ device }) => device));
        const words = new Map<number, Word>();
        let ours: Evidence = NO_EVIDENCE;
        let bound: Evidence = NO_EVIDENCE;
        for (const { device, failed } of history) {
          if (!words.has(device))
            bound = recount(bound, NO_WORDS, starting(everFails.has(device) ? 'failed' : 'passed'));
          const word = failed ? 'failed' : 'passed';
          ours = recount(ours, starting(words.get(device) ?? null), starting(word));
          words.set(device, word);
          expect(logEvidence(ours, TOLERANCE)).toBeLessThanOrEqual(logEvidence(bound, TOLERANCE) + 1e-9);
        }
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});

describe('whether a device counts', () => {
  it.each([
    ['known before', false, 5000, 400, true],
    ['in a fleet that the server knew', true, 5000, 0, false],
    ['where an app has its first devices', true, 0, 0, true],
    ['the twentieth of an app that is tried out', true, 99, 19, true],
    ['the twenty-first', true, 99, 20, false],
  ])('%s', (_, isNew, knownDevices, newDevices, expected) => {
    expect(mayCount(isNew, knownDevices, newDevices)).toBe(expected);
  });
});
