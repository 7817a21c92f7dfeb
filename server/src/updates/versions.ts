// Version numbers as devices send them: semver, and the coercion of native versions that are not quite.

import { LRUCache } from 'lru-cache';
import { parse, type SemVer } from 'semver';

/** Devices repeat a few versions millions of times; a stranger sends millions once, which push out one another. */
const remembered = new LRUCache<string, SemVer | 'none'>({ max: 10_000 });
/** A longer text is no semver, and must not be remembered. */
const MAX_LENGTH = 256;

/** A leading `v`, blanks around, pre-release and build are allowed. Undefined when it is no semver. */
export function parseVersion(text: string): SemVer | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  let found = remembered.get(text);
  if (found === undefined) {
    found = parse(text) ?? 'none';
    remembered.set(text, found);
  }
  return found === 'none' ? undefined : found;
}

/** With its build part, which semver's own `version` leaves out. */
export function printVersion(version: SemVer): string {
  return version.build.length === 0 ? version.version : `${version.version}+${version.build.join('.')}`;
}

/**
 * The native version of an app is not always semver: `1` and `1.0` are completed, `builtin` and `unknown` are 0.0.0.
 * Source: docs/protocol/device.md §3.3.
 */
export function coerceNativeVersion(text: string): SemVer | undefined {
  // Nearly all are complete: counting their dots first would cost as much as the rest of the question.
  return parseVersion(text) ?? parseVersion(complete(text));
}

function complete(text: string): string {
  if (text === 'builtin' || text === 'unknown') return '0.0.0';
  const dots = text.split('.').length - 1;
  if (dots === 0) return `${text}.0.0`;
  return dots === 1 ? `${text}.0` : text;
}
