// Bounds how many devices one network can bring into the registry: an id costs a stranger nothing.

import type { RateLimit, RateLimits } from '../rate-limit.ts';
import { networkOf } from '../subscriber.ts';
import { HOUR_MS } from '../utc-day.ts';

/** By app and network, from the beginning of each clock hour. */
export class NewDeviceCap {
  readonly #limit: RateLimit;

  /** `perHour` of 0 admits everybody. */
  constructor(limits: RateLimits, perHour: number) {
    this.#limit = limits.open({ name: 'new-devices', allowed: perHour, windowMs: HOUR_MS, endsAfter: 'clock' });
  }

  get isOff(): boolean {
    return this.#limit.allowed === 0;
  }

  /** Whether the network has brought all that it may this hour. */
  isSpent(app_id: string, ip: string, nowMs: number): boolean {
    return !this.isOff && this.#limit.spentUntil(nameOf(app_id, ip), nowMs) !== undefined;
  }

  /** Whether a device that was never seen may be recorded; counts it if so. */
  admits(app_id: string, ip: string, nowMs: number): boolean {
    return this.isOff || this.#limit.take(nameOf(app_id, ip), nowMs) > 0;
  }
}

const nameOf = (app_id: string, ip: string): string => `${app_id} ${networkOf(ip)}`;
