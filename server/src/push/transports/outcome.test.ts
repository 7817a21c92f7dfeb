import { expect, test } from 'vitest';
import { retryAfterMs } from './outcome.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const SECOND = 1_000;
const HOUR = 3_600_000;

const rows: readonly (readonly [header: string | string[] | undefined, ms: number | undefined])[] = [
  ['120', 120 * SECOND],
  [['7', '9'], 7 * SECOND],
  ['0', SECOND],
  ['-5', SECOND],
  ['1.5', 1.5 * SECOND],
  ['86400', HOUR],
  ['9'.repeat(400), HOUR],
  ['Sat, 21 Nov 2026 12:10:00 GMT', 600 * SECOND],
  ['Saturday, 21-Nov-26 12:10:00 GMT', 600 * SECOND],
  ['Sat Nov 21 12:10:00 2026 GMT', 600 * SECOND],
  ['Sat, 21 Nov 2026 11:00:00 GMT', SECOND],
  ['Sat, 21 Nov 2099 12:00:00 GMT', HOUR],
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['2 minutes', undefined],
  ['later 2', undefined],
  ['Sat, whenever', undefined],
  ['NaN', undefined],
];
test.each(rows)('Retry-After %j waits %j ms', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
