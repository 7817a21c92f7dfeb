// How often something may happen under one name. Everything that limits asks here, so that processes of a fleet can share
// their limits behind the same interface; so far each process counts for itself.

import { AppError } from './errors.ts';

export interface RateLimitOptions {
  /** What is limited, unique in the program: `apikey-calls`. Processes that share their limits share this one. */
  readonly name: string;
  /** In one window; 0 is no limit. */
  readonly allowed: number;
  readonly windowMs: number;
  /**
   * When a window ends: `windowMs` after its first event, after its last (who keeps guessing stays shut out), or with the
   * clock, at the multiples of `windowMs` since 1970.
   */
  readonly endsAfter?: 'first' | 'last' | 'clock';
}

/** Times are milliseconds since 1970; `who` is any text: a key, an address, a device. */
export interface RateLimit {
  readonly allowed: number;
  /** Takes up to `wanted` of what is left and says how much that was: 0 when `who` is spent. */
  take(who: string, nowMs: number, wanted?: number): number;
  /** When somebody who is spent has something left again; undefined for who has something left now. */
  spentUntil(who: string, nowMs: number): number | undefined;
  /** What is left, and when the window ends: one that begins now for who has none. */
  status(who: string, nowMs: number): { readonly left: number; readonly endsAtMs: number };
  /** As if nothing had been taken. */
  forget(who: string): void;
}

/** Made by the wiring and handed to whoever limits. */
export interface RateLimits {
  open(options: RateLimitOptions): RateLimit;
}

/** Counts in the memory of this process. */
export const localRateLimits: RateLimits = { open: (options) => new LocalRateLimit(options) };

interface Window {
  used: number;
  endsAtMs: number;
}

/** More names than this in one window are only seen in an attack; then the oldest are forgotten. */
const MAX_NAMES = 100_000;
/** Each new name pays for removing this many windows that have ended, if they are the oldest: memory follows the traffic. */
const REMOVED_PER_NAME = 2;

class LocalRateLimit implements RateLimit {
  readonly allowed: number;
  readonly #options: RateLimitOptions;
  /** The names that took last come last. */
  readonly #windows = new Map<string, Window>();

  constructor(options: RateLimitOptions) {
    this.allowed = options.allowed;
    this.#options = options;
  }

  take(who: string, nowMs: number, wanted = 1): number {
    if (this.allowed === 0) return wanted;
    const { left, endsAtMs } = this.status(who, nowMs);
    const granted = Math.min(wanted, left);
    if (granted <= 0) return 0;
    if (!this.#windows.delete(who)) this.#makeRoom(nowMs);
    const isExtended = this.#options.endsAfter === 'last';
    this.#windows.set(who, {
      used: this.allowed - left + granted,
      endsAtMs: isExtended ? nowMs + this.#options.windowMs : endsAtMs,
    });
    return granted;
  }

  spentUntil(who: string, nowMs: number): number | undefined {
    if (this.allowed === 0) return undefined;
    const { left, endsAtMs } = this.status(who, nowMs);
    return left === 0 ? endsAtMs : undefined;
  }

  status(who: string, nowMs: number): { left: number; endsAtMs: number } {
    const window = this.#windows.get(who);
    if (window !== undefined && window.endsAtMs > nowMs) {
      return { left: this.allowed - window.used, endsAtMs: window.endsAtMs };
    }
    const { windowMs, endsAfter } = this.#options;
    const endsAtMs = endsAfter === 'clock' ? (Math.floor(nowMs / windowMs) + 1) * windowMs : nowMs + windowMs;
    return { left: this.allowed, endsAtMs };
  }

  forget(who: string): void {
    this.#windows.delete(who);
  }

  #makeRoom(nowMs: number): void {
    let removed = 0;
    for (const [who, { endsAtMs }] of this.#windows) {
      if (removed === REMOVED_PER_NAME || (endsAtMs > nowMs && this.#windows.size < MAX_NAMES)) return;
      this.#windows.delete(who);
      removed += 1;
    }
  }
}

/** Throws `too_many_requests` for who is spent. Takes nothing. */
export function refuseIfSpent(limit: RateLimit, who: string, detail: Record<string, unknown>): void {
  const now = Date.now();
  const resetAt = limit.spentUntil(who, now);
  if (resetAt !== undefined) throw tooManyRequests(resetAt, now, detail);
}

/** Takes one, or throws `too_many_requests`. */
export function takeOrRefuse(limit: RateLimit, who: string, detail: Record<string, unknown>): void {
  refuseIfSpent(limit, who, detail);
  limit.take(who, Date.now());
}

export const tooManyRequests = (resetAtMs: number, nowMs: number, detail: Record<string, unknown>) =>
  new AppError('too_many_requests', 429, 'Too many requests', {
    ...detail,
    rateLimitResetAt: resetAtMs,
    retryAfterSeconds: Math.max(1, Math.ceil((resetAtMs - nowMs) / 1000)),
  });
