// Limits per key, counted in this process: a fleet allows each of its processes as much.

import { pushError } from './dialect/numbers.ts';

interface Window {
  endsAt: number;
  used: number;
}

/** Keys are known apps and groups, or addresses that guessed wrong; old ones are dropped at this many. */
const MAX_KEYS = 50_000;

/** A fixed window that begins with its first call. */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, Window>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Takes up to `wanted` and says how many were granted. */
  take(key: string, wanted: number, nowMs: number): number {
    const window = this.#window(key, nowMs);
    const granted = Math.min(wanted, this.#limit - window.used);
    window.used += granted;
    return granted;
  }

  isSpent(key: string, nowMs: number): boolean {
    const window = this.#windows.get(key);
    return window !== undefined && window.endsAt > nowMs && window.used >= this.#limit;
  }

  /** JPush's names, older and newer; callers of the dialect know one or the other. */
  headers(key: string, nowMs: number): Record<string, string> {
    const { used, endsAt } = this.#window(key, nowMs);
    return {
      'x-rate-limit-limit': String(this.#limit),
      'x-rate-limit-quota': String(this.#limit),
      'x-rate-limit-remaining': String(this.#limit - used),
      'x-rate-limit-reset': String(Math.ceil((endsAt - nowMs) / 1000)),
    };
  }

  refusal(key: string, nowMs: number) {
    const rate = this.headers(key, nowMs);
    return pushError(23008, undefined, { rate, retryAfterSeconds: Math.max(1, Number(rate['x-rate-limit-reset'])) });
  }

  #window(key: string, nowMs: number): Window {
    const present = this.#windows.get(key);
    if (present && present.endsAt > nowMs) return present;
    if (this.#windows.size >= MAX_KEYS) this.#dropEnded(nowMs);
    const window = { endsAt: nowMs + this.#windowMs, used: 0 };
    this.#windows.set(key, window);
    return window;
  }

  #dropEnded(nowMs: number): void {
    for (const [key, { endsAt }] of this.#windows) if (endsAt <= nowMs) this.#windows.delete(key);
  }
}
