// What may be taken under one name in one window, and when the window ends.

import { expect, test } from 'vitest';
import { localRateLimits, type RateLimitOptions } from './rate-limit.ts';

const open = (options: Partial<RateLimitOptions> = {}) =>
  localRateLimits.open({ name: 'test', allowed: 3, windowMs: 1_000, ...options });

test('takes what is left, part of what is wanted if need be, and says when there is more', () => {
  const limit = open();
  expect(limit.status('a', 500)).toEqual({ left: 3, endsAtMs: 1_500 });
  expect([limit.take('a', 500), limit.take('a', 600, 5), limit.take('a', 700)]).toEqual([1, 2, 0]);
  expect(limit.status('a', 700)).toEqual({ left: 0, endsAtMs: 1_500 });
  expect([limit.spentUntil('a', 1_499), limit.spentUntil('a', 1_500)]).toEqual([1_500, undefined]);
  expect(limit.take('b', 700)).toBe(1);
  expect(limit.take('a', 1_500, 5)).toBe(3);
});

test.each([
  ['first', [400, 900], 1_400],
  ['last', [400, 900], 1_900],
  ['clock', [400, 900], 1_000],
] as const)('a window that ends after the %s', (endsAfter, takenAtMs, endsAtMs) => {
  const limit = open({ endsAfter, allowed: takenAtMs.length });
  for (const ms of takenAtMs) expect(limit.take('a', ms)).toBe(1);
  expect(limit.take('a', 999)).toBe(0);
  expect(limit.spentUntil('a', 999)).toBe(endsAtMs);
  expect(limit.take('a', endsAtMs)).toBe(1);
});

test('0 is no limit', () => {
  const limit = open({ allowed: 0 });
  expect([limit.take('a', 0, 1_000), limit.take('a', 0), limit.spentUntil('a', 0)]).toEqual([1_000, 1, undefined]);
});

test('forgets on demand', () => {
  const limit = open({ allowed: 1 });
  limit.take('a', 0);
  limit.forget('a');
  expect(limit.take('a', 0)).toBe(1);
});

test('a flood of names makes it forget the oldest, not those that took last', () => {
  const limit = open({ allowed: 1 });
  limit.take('old', 0);
  for (let index = 0; index < 100_000; index += 1) limit.take(`name ${index}`, 0);
  expect([limit.take('old', 0), limit.take('name 99999', 0)]).toEqual([1, 0]);
});
