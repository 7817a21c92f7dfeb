// When a failed delivery is tried again.

import { readRetryAfterMs } from '../retry-after.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** The wait after the first, second, … attempt. */
const waits = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
const longest = 24 * hour;

/** A receiver that says it is overloaded gets at least this long. */
const overloadedWait = 5 * minute;
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
  const least = status !== undefined && overloaded.has(status) ? Math.max(planned, overloadedWait) : planned;
  const asked = Math.max(least, readRetryAfterMs(retryAfter, nowMs) ?? 0);
  return Math.round(Math.min(asked, longest) * (1 + random / 10));
}
