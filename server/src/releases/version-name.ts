// What may be the name of a bundle.

const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const strictSemver = new RegExp(
  `^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:-${identifier}(?:\\.${identifier})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Strict SemVer 2.0: no leading "v", no range, no leading zeros. */
export const isVersionName = (text: string): boolean => strictSemver.test(text);

/** Names that channels use for "no bundle of ours". */
export const isInternalVersion = (name: string): boolean => name === 'builtin' || name === 'unknown';
