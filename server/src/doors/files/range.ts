// Conditional and partial requests, as RFC 9110 has them and as updater plugins rely on.

import type { ByteRange } from '../../blobs/driver.ts';

export type RangeVerdict = ByteRange | 'whole' | 'unsatisfiable';

/**
 * One range, or `whole` for none, several, another unit or a malformed one: RFC 9110 lets a server ignore those, and a
 * plugin that asked for nothing it can use restarts from the beginning.
 */
export function parseRange(header: string | undefined, size: number): RangeVerdict {
  const [, first, last] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Number(last);
  if (last !== '' && end < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}

/** `If-None-Match`: true when the client has these bytes already. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** `If-Range`: a part is wanted only of the very bytes that the client began with. We give no dates, so none matches. */
export function isRangeWanted(ifRange: string | string[] | undefined, etag: string): boolean {
  return ifRange === undefined || String(ifRange).trim() === etag;
}
