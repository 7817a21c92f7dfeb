// How this door tells callers of their limits: JPush's names, older and newer; callers of the dialect know one or the other.

import type { RateLimit } from '../../rate-limit.ts';
import { pushError } from './dialect/numbers.ts';

export function rateHeaders(limit: RateLimit, who: string, nowMs: number): Record<string, string> {
  const { left, endsAtMs } = limit.status(who, nowMs);
  return {
    'x-rate-limit-limit': String(limit.allowed),
    'x-rate-limit-quota': String(limit.allowed),
    'x-rate-limit-remaining': String(left),
    'x-rate-limit-reset': String(Math.ceil((endsAtMs - nowMs) / 1000)),
  };
}

/** 23008, for who is spent. */
export function rateRefusal(limit: RateLimit, who: string, nowMs: number) {
  const rate = rateHeaders(limit, who, nowMs);
  return pushError(23008, undefined, { rate, retryAfterSeconds: Math.max(1, Number(rate['x-rate-limit-reset'])) });
}
