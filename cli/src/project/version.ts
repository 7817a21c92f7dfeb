// Bundle versions: strict semantic versions, compared and counted up without a library.

import { CliError } from '../cli-error.ts';

interface Version {
  major: number;
  minor: number;
  patch: number;
  prerelease: string[];
}

const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const PATTERN = new RegExp(
  `^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

/** Longer ones, and larger numbers than JavaScript counts, are refused by the server: nothing could compare them. */
const MAX_LENGTH = 256;

export function parseVersion(text: string): Version | undefined {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null;
  if (!match) return undefined;
  const [major = NaN, minor = NaN, patch = NaN] = match.slice(1, 4).map(Number);
  if (![major, minor, patch].every(Number.isSafeInteger)) return undefined;
  return { major, minor, patch, prerelease: match[4]?.split('.') ?? [] };
}

export function requireVersion(text: string): string {
  if (parseVersion(text)) return text;
  const isWellFormed = PATTERN.test(text);
  throw new CliError('invalid_semver', `"${text}" is not a version.`, {
    hint: isWellFormed
      ? `Each number is at most ${Number.MAX_SAFE_INTEGER}, the whole at most ${MAX_LENGTH} characters.`
      : 'Write major.minor.patch, for example 1.4.2 or 1.5.0-beta.1, without a leading v.',
  });
}

/** Negative when `a` is older; by the rules of semver 2.0, build metadata ignored. */
export function compareVersions(a: Version, b: Version): number {
  const byNumbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (byNumbers !== 0) return byNumbers;
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let index = 0; index < Math.max(a.prerelease.length, b.prerelease.length); index += 1) {
    const order = compareIdentifiers(a.prerelease[index], b.prerelease[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [numericA, numericB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numericA && numericB) return Number(a) - Number(b);
  if (numericA !== numericB) return numericA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
