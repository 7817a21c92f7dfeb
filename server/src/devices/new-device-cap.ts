// Bounds how many devices one network can bring into the registry: an id costs a stranger nothing.

import { isIPv4 } from 'node:net';

export const hourMs = 60 * 60 * 1000;
/** More networks than this in one hour are only seen in an attack; then the first of them may bring some again. */
const maxNetworks = 100_000;

/** Counts in the memory of one process, by app and network, from the beginning of each clock hour. */
export class NewDeviceCap {
  readonly #perHour: number;
  #hour = -1;
  #counts = new Map<string, number>();

  /** `perHour` of 0 admits everybody. */
  constructor(perHour: number) {
    this.#perHour = perHour;
  }

  get isOff(): boolean {
    return this.#perHour === 0;
  }

  /** Whether the network has brought all that it may this hour. */
  isSpent(app_id: string, ip: string, nowMs: number): boolean {
    return !this.isOff && this.#countOf(`${app_id} ${networkOf(ip)}`, nowMs) >= this.#perHour;
  }

  /** Whether a device that was never seen may be recorded; counts it if so. */
  admits(app_id: string, ip: string, nowMs: number): boolean {
    if (this.isOff) return true;
    const key = `${app_id} ${networkOf(ip)}`;
    const count = this.#countOf(key, nowMs);
    if (count >= this.#perHour) return false;
    this.#counts.set(key, count + 1);
    if (this.#counts.size > maxNetworks) this.#counts.delete(this.#counts.keys().next().value as string);
    return true;
  }

  #countOf(key: string, nowMs: number): number {
    const hour = Math.floor(nowMs / hourMs);
    if (hour > this.#hour) {
      this.#hour = hour;
      this.#counts = new Map();
    }
    return this.#counts.get(key) ?? 0;
  }
}

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
