// Bounds how many devices one network can bring into the registry: an id costs a stranger nothing.

import { isIPv4 } from 'node:net';
import type { RateLimit, RateLimits } from '../rate-limit.ts';

export const HOUR_MS = 60 * 60 * 1000;

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

/** The /24 of an IPv4 address, the /48 of an IPv6 address: what one subscriber or one office usually has. */
export function networkOf(ip: string): string {
  const plain = ip.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (isIPv4(plain)) return plain.slice(0, plain.lastIndexOf('.'));
  const [head = '', tail] = plain.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return all
    .slice(0, 3)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
