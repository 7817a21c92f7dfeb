// Remembers for millions of devices, in a few megabytes, what was last written about each.

import { hashParts, type Part } from './hash.ts';

const WAYS = 8;
const FIRST_CAPACITY = 1 << 14;
/** Two million devices, 24 MB. Beyond that the registry writes some unchanged rows again, and nothing is wrong. */
const LAST_CAPACITY = 1 << 21;

/**
 * A set-associative table of hashes: 64 bits name the device, 32 bits stand for what is known of it. Two devices that
 * share 64 bits only cause a needless write; a change is missed once in four thousand million changes.
 */
export class Fingerprints {
  #capacity = FIRST_CAPACITY;
  #keys = new Uint32Array(FIRST_CAPACITY * 2);
  #facts = new Uint32Array(FIRST_CAPACITY);
  #used = 0;
  #turn = 0;

  /** Whether `facts` is what was last put for `key`. */
  has(key: readonly Part[], facts: readonly Part[]): boolean {
    const [high, low] = nameOf(key);
    const slot = this.#find(high, low);
    return slot !== -1 && this.#facts[slot] === hash32(facts);
  }

  /** Whether anything that is sure was put for `key`. */
  knows(key: readonly Part[]): boolean {
    const [high, low] = nameOf(key);
    const slot = this.#find(high, low);
    return slot !== -1 && this.#facts[slot] !== 0;
  }

  put(key: readonly Part[], facts: readonly Part[]): void {
    const [high, low] = nameOf(key);
    this.#store(high, low, hash32(facts));
  }

  /** What is known of the device is no longer sure. */
  forget(key: readonly Part[]): void {
    const [high, low] = nameOf(key);
    const slot = this.#find(high, low);
    if (slot !== -1) this.#facts[slot] = 0;
  }

  #find(high: number, low: number): number {
    const first = (low & (this.#capacity / WAYS - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#keys[slot * 2] === high && this.#keys[slot * 2 + 1] === low) return slot;
    }
    return -1;
  }

  #store(high: number, low: number, facts: number): void {
    let slot = this.#find(high, low);
    if (slot === -1) slot = this.#free(high, low);
    this.#keys[slot * 2] = high;
    this.#keys[slot * 2 + 1] = low;
    this.#facts[slot] = facts;
  }

  #free(high: number, low: number): number {
    const first = (low & (this.#capacity / WAYS - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#keys[slot * 2] === 0 && this.#keys[slot * 2 + 1] === 0) {
        this.#used++;
        return slot;
      }
    }
    if (this.#capacity < LAST_CAPACITY && this.#used > this.#capacity / 4) {
      this.#grow();
      return this.#free(high, low);
    }
    this.#turn = (this.#turn + 1) % WAYS;
    return first + this.#turn;
  }

  #grow(): void {
    const keys = this.#keys;
    const facts = this.#facts;
    this.#capacity *= 2;
    this.#keys = new Uint32Array(this.#capacity * 2);
    this.#facts = new Uint32Array(this.#capacity);
    this.#used = 0;
    for (let slot = 0; slot < facts.length; slot++) {
      const high = keys[slot * 2] as number;
      const low = keys[slot * 2 + 1] as number;
      if (high !== 0 || low !== 0) this.#store(high, low, facts[slot] as number);
    }
  }
}

/** Never (0, 0), which marks a free slot. */
function nameOf(key: readonly Part[]): [number, number] {
  const { high, low } = hashParts(key);
  return [high || 1, low];
}

/** Never 0, which marks forgotten facts. */
function hash32(facts: readonly Part[]): number {
  const { high, low } = hashParts(facts);
  return (high ^ low) >>> 0 || 1;
}
