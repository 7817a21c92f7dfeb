// A fast hash for telling things apart in memory: not for secrets, and never stored.

export type Part = string | boolean | null;

/** Two times 32 bits. Parts are not joined first: building the text would cost more than hashing it. */
export function hashParts(parts: readonly Part[]): { high: number; low: number } {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const part of parts) {
    const length = typeof part === 'string' ? part.length : 0;
    for (let i = 0; i < length; i++) {
      const unit = (part as string).charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    const end = endOf(part);
    a = Math.imul(a ^ end, 2654435761);
    b = Math.imul(b ^ end, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { high: a >>> 0, low: b >>> 0 };
}

/** Beyond all UTF-16 units, so that `['ab', 'c']` is not `['a', 'bc']`, and `null` is not `''`. */
function endOf(part: Part): number {
  if (typeof part === 'string') return 0x10000;
  if (part === null) return 0x10001;
  return part ? 0x10002 : 0x10003;
}
