// When to come back: what our own answers say, and what foreign ones say to us.

import type { AppError } from './errors.ts';

/** `Retry-After` and, where a limit names its end, `X-RateLimit-Reset` (epoch seconds). Empty for an error that names no time. */
export function retryHeaders({ detail }: AppError): Record<string, string> {
  const seconds = detail['retryAfterSeconds'];
  if (typeof seconds !== 'number') return {};
  const resetAtMs = detail['rateLimitResetAt'];
  const reset = typeof resetAtMs === 'number' ? { 'x-ratelimit-reset': String(Math.ceil(resetAtMs / 1000)) } : {};
  return { 'retry-after': String(seconds), ...reset };
}

/** The three forms of RFC 9110, section 5.6.7, begin with a day of the week. `Date.parse` alone would make a date of almost anything. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * Milliseconds that a `Retry-After` header (seconds or a date) asks for; of a date that is past, less than zero. Undefined
 * when it is absent or unreadable. The caller sets the bounds: a header may say anything.
 */
export function readRetryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = httpDate.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date - nowMs;
}
