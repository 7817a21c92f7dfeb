// What may be the name of a bundle, or the least native version that can run it.

import { parse } from 'semver';

const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const strictSemver = new RegExp(
  `^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const MAX_LENGTH = 256;

/**
 * Why a text is no version, in a sentence; undefined when it is one: strict SemVer 2.0 (no leading "v", no range, no leading
 * zeros) within what programs can compare. A channel with a version that cannot be compared would offer nothing.
 */
export function faultOfVersion(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `A version has at most ${MAX_LENGTH} characters`;
  if (!strictSemver.test(text)) return 'Version must be valid semver format (e.g., 1.0.0, 1.0.0-alpha.1)';
  return parse(text) === null ? `Each number of a version is at most ${Number.MAX_SAFE_INTEGER}` : undefined;
}

/** The names that stand for the bundle that came with the store, never for one of ours. */
export const storeBundleNames = ['builtin', 'unknown'] as const;

export const isStoreBundle = (name: string): boolean => (storeBundleNames as readonly string[]).includes(name);
