// When a failed delivery is tried again.

import { readRetryAfterMs } from '../retry-after.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The wait after the first, second, … attempt. */
const waits = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const LONGEST = 24 * HOUR;

/** A receiver that says it is overloaded gets at least this long. */
const OVERLOADED_WAIT = 5 * MINUTE;
const overloaded = new Set([429, 502, 504]);

interface Failure {
  /** 1 for the first. */
  attempt: number;
  /** Undefined when no answer came. */
  status?: number | undefined;
  /** The header as it came: seconds or a date. */
  retryAfter?: string | undefined;
  nowMs: number;
  /** 0..1; spreads the retries of many deliveries by up to a tenth. */
  random: number;
}

/** Milliseconds until the next attempt. */
export function waitBeforeRetry({ attempt, status, retryAfter, nowMs, random }: Failure): number {
  const planned = waits[Math.min(attempt, waits.length) - 1]!;
  const least = status !== undefined && overloaded.has(status) ? Math.max(planned, OVERLOADED_WAIT) : planned;
  const asked = Math.max(least, readRetryAfterMs(retryAfter, nowMs) ?? 0);
  return Math.round(Math.min(asked, LONGEST) * (1 + random / 10));
}
