// Version numbers as devices send them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coerceNativeVersion, parseVersion, printVersion } from './versions.ts';

const coerced = (text: string): string | undefined => {
  const version = coerceNativeVersion(text);
  return version && printVersion(version);
};

describe('native versions', () => {
  test.each([
    ['1', '1.0.0'],
    ['1.0', '1.0.0'],
    ['v1.2.3', '1.2.3'],
    [' 1.2.3 ', '1.2.3'],
    ['1.2.3-beta.1', '1.2.3-beta.1'],
    ['1.2.3+build.7', '1.2.3+build.7'],
    ['1.2.3-rc.1+7', '1.2.3-rc.1+7'],
    ['builtin', '0.0.0'],
    ['unknown', '0.0.0'],
    ['9007199254740991.0.0', '9007199254740991.0.0'],
  ])('%s is %s', (text, expected) => expect(coerced(text)).toBe(expected));

  test.each([
    '1.2.3.4',
    '1.2.3 (4)',
    '01.2.3',
    '2024.01.05',
    '1-beta',
    'abc',
    '',
    '1.2.3-',
    '9007199254740992.0.0',
    '1.2.3-01',
    '1..2',
    `1.0.0-${'x'.repeat(300)}`,
  ])('%s is none', (text) => expect(coerced(text)).toBeUndefined());

  test('coercing what was coerced changes nothing, and any text gives an answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^v?\d{1,2}(\.\d{1,2}){0,3}(-[a-z.]{1,4})?$/)), (text) => {
        const once = coerced(text);
        if (once !== undefined) expect(coerced(once)).toBe(once);
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });
});

test('remembering what was parsed before does not mix texts up', () => {
  for (let n = 0; n < 25_000; n++) expect(parseVersion(`1.2.${n}`)?.patch).toBe(n);
  expect(parseVersion('1.2.7')?.patch).toBe(7);
  expect(parseVersion('not one')).toBeUndefined();
  expect(parseVersion('not one')).toBeUndefined();
});
