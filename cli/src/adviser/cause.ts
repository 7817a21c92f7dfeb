// Why a file differs from its predecessor: because of what its author changed, or because of how the build works.

export type Cause = 'new' | 'renamed' | 'stamp' | 'references' | 'monolith' | 'reshuffled' | 'content';

interface Difference {
  cause: Cause;
  /** Share of the file that its predecessor did not hold, 0 to 1. */
  changedShare: number;
}

const TEXT = /\.(?:[cm]?[jt]s|css|html?|json|svg|txt|md|xml|map|webmanifest)$/i;

// A version, a date, a time stamp in milliseconds, or a commit id.
const STAMPS =
  /\bv?\d+\.\d+\.\d+(?:[-+][\w.]+)?\b|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?\b|\b1[5-9]\d{11}\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b/g;
// `chunk-4F2K9A1B.js`, `main.3fa9c1d2.css`: a name with the hash of its content.
const HASHED_NAME = /([\w/]+)[.-][A-Za-z0-9_-]{6,24}(\.(?:[cm]?js|css|json|woff2?|png|jpe?g|svg|webp))/g;
const MONOLITH_BYTES = 200_000;
const SMALL_CHANGE = 0.3;
const LARGE_CHANGE = 0.6;

/** Without the hash that bundlers put into names: files with the same stem are the same file of two builds. */
export const stemOf = (name: string) =>
  name.replace(HASHED_NAME, '$1$2').replace(/\/[A-Za-z0-9_-]{16,}(\.\w+)$/, '/*$1');

export function explainDifference(name: string, before: Buffer, after: Buffer): Difference {
  if (!TEXT.test(name)) return { cause: 'content', changedShare: 1 };
  const [old, current] = [before.toString('latin1'), after.toString('latin1')];
  const changedShare = shareOfNew(old, current);
  if (withoutStamps(old) === withoutStamps(current)) return { cause: 'stamp', changedShare };
  if (withoutNames(old) === withoutNames(current)) return { cause: 'references', changedShare };
  if (after.length >= MONOLITH_BYTES && changedShare <= SMALL_CHANGE) return { cause: 'monolith', changedShare };
  const sameSize = Math.abs(after.length - before.length) < before.length * 0.1;
  if (after.length >= MONOLITH_BYTES && changedShare >= LARGE_CHANGE && sameSize)
    return { cause: 'reshuffled', changedShare };
  return { cause: 'content', changedShare };
}

const withoutStamps = (text: string) => text.replace(STAMPS, '#');
const withoutNames = (text: string) => withoutStamps(text.replace(HASHED_NAME, '$1$2'));

/** By statements and rules, because minified files have few lines. */
function shareOfNew(before: string, after: string): number {
  const pieces = (text: string) => text.split(/(?<=[;}\n])/);
  const known = new Set(pieces(before));
  let unknown = 0;
  for (const piece of pieces(after)) if (!known.has(piece)) unknown += piece.length;
  return after.length === 0 ? 0 : unknown / after.length;
}
