import { expect, test } from 'vitest';
import { waitBeforeRetry } from './backoff.ts';

const nowMs = Date.parse('2024-01-01T00:00:00Z');
const failure = { attempt: 1, nowMs, random: 0 };

test.each([
  ['first', failure, 5_000],
  ['second', { ...failure, attempt: 2 }, 300_000],
  ['ninth', { ...failure, attempt: 9 }, 86_400_000],
  ['overloaded', { ...failure, status: 503 }, 5_000],
  ['429', { ...failure, status: 429 }, 300_000],
  ['502', { ...failure, status: 502 }, 300_000],
  ['Retry-After in seconds', { ...failure, retryAfter: '60' }, 60_000],
  ['shorter Retry-After', { ...failure, attempt: 2, retryAfter: '1' }, 300_000],
  ['Retry-After as a date', { ...failure, retryAfter: 'Mon, 01 Jan 2024 00:10:00 GMT' }, 600_000],
  ['Retry-After of a week', { ...failure, retryAfter: '604800' }, 86_400_000],
  ['Retry-After nonsense', { ...failure, retryAfter: 'soon' }, 5_000],
  ['jitter', { ...failure, random: 1 }, 5_500],
])('%s', (_name, given, expected) => {
  expect(waitBeforeRetry(given)).toBe(expected);
});
