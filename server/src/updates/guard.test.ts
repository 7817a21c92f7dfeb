import { expect, test } from 'vitest';
import { type GuardPolicy, judge, normalQuantile, type Outcomes, wilsonLowerBound } from './guard.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const policy: GuardPolicy = {
  enabled: true,
  failureRateBps: 5_000,
  confidence: 0.8,
  minAttempts: null,
  minFailures: null,
  cooldownMinutes: 60,
  lastTriggeredAtMs: null,
};

const rows: [string, Partial<GuardPolicy>, Outcomes, boolean | string][] = [
  ['95 of 100 with threshold 50 %', {}, { installs: 5, failures: 95 }, true],
  ['too few attempts', { minAttempts: 10 }, { installs: 3, failures: 2 }, 'insufficient_attempts'],
  ['too few failures', { minFailures: 3 }, { installs: 0, failures: 2 }, 'insufficient_failures'],
  ['threshold 0 without failures', { failureRateBps: 0 }, { installs: 50, failures: 0 }, 'no_failures'],
  ['threshold 0 with one failure', { failureRateBps: 0 }, { installs: 50, failures: 1 }, true],
  ['switched off', { enabled: false }, { installs: 0, failures: 100 }, 'disabled'],
  ['no threshold', { failureRateBps: null }, { installs: 0, failures: 100 }, 'missing_threshold'],
  ['unlucky, but no proof', {}, { installs: 1, failures: 2 }, 'below_threshold'],
  ['triggered half an hour ago', { lastTriggeredAtMs: now - 30 * 60_000 }, { installs: 0, failures: 100 }, 'cooldown'],
  ['triggered an hour ago', { lastTriggeredAtMs: now - 60 * 60_000 }, { installs: 0, failures: 100 }, true],
];

test.each(rows)('%s', (_name, change, outcomes, expected) => {
  const verdict = judge({ ...policy, ...change }, outcomes, now);
  expect(verdict.triggered ? true : verdict.reason).toBe(expected);
});

test('the reason tells rate, bound, threshold and attempts', () => {
  const verdict = judge(policy, { installs: 5, failures: 95 }, now);
  expect(verdict).toMatchObject({ triggered: true, attempts: 100, rateBps: 9_500 });
  expect(verdict.reason).toMatch(
    /^95\.00 % of 100 attempts failed \(at least 9[0-4]\.\d\d % with 80 % confidence, threshold 50\.00 %\)$/,
  );
});

// Values of any statistics textbook.
test.each([
  [0.9, 1.281552],
  [0.975, 1.959964],
  [0.995, 2.575829],
  [0.9999, 3.719016],
  [0.025, -1.959964],
])('the normal quantile of %f is %f', (p, z) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 5);
});

test('the Wilson bound of 10 in 100 with 95 %', () => {
  expect(wilsonLowerBound(10, 100, 0.95)).toBeCloseTo(0.05522914, 6);
});
