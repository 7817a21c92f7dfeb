// Counts events per name in a window of time, in memory and bounded.

import { AppError } from '../errors.ts';

export interface Limit {
  /** Notes one event. */
  count(name: string, nowMs: number): void;
  /** When a spent name is free again (ms since 1970), or undefined while it has something left. */
  spentUntil(name: string, nowMs: number): number | undefined;
  /** As if nothing had been counted. */
  forget(name: string): void;
}

interface LimitOptions {
  allowed: number;
  windowMs: number;
  /** Every further event starts the window anew, so that who keeps guessing stays shut out. */
  isExtended?: boolean;
}

interface Counter {
  events: number;
  endsAtMs: number;
}

/** More names than this are only seen in an attack; then the oldest are forgotten. */
const maxNames = 100_000;

/** `allowed` of 0 means no limit. */
export function createLimit({ allowed, windowMs, isExtended = false }: LimitOptions): Limit {
  const counters = new Map<string, Counter>();
  const current = (name: string, nowMs: number) => {
    const counter = counters.get(name);
    return counter && counter.endsAtMs > nowMs ? counter : undefined;
  };
  return {
    count(name, nowMs) {
      const counter = current(name, nowMs);
      const endsAtMs = counter && !isExtended ? counter.endsAtMs : nowMs + windowMs;
      counters.delete(name);
      counters.set(name, { events: (counter?.events ?? 0) + 1, endsAtMs });
      if (counters.size > maxNames) counters.delete(counters.keys().next().value!);
    },
    spentUntil(name, nowMs) {
      const counter = current(name, nowMs);
      return allowed > 0 && counter && counter.events >= allowed ? counter.endsAtMs : undefined;
    },
    forget: (name) => counters.delete(name),
  };
}

/** Throws `too_many_requests` for a spent name. */
export function refuseIfSpent(limit: Limit, name: string, detail: Record<string, unknown>): void {
  const now = Date.now();
  const resetAt = limit.spentUntil(name, now);
  if (resetAt !== undefined) throw tooManyRequests(resetAt, now, detail);
}

export const tooManyRequests = (resetAtMs: number, nowMs: number, detail: Record<string, unknown>) =>
  new AppError('too_many_requests', 429, 'Too many requests', {
    ...detail,
    rateLimitResetAt: resetAtMs,
    retryAfterSeconds: Math.max(1, Math.ceil((resetAtMs - nowMs) / 1000)),
  });
