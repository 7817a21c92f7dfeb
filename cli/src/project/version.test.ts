// Versions: what counts as one, which is newer, and what comes next.

import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion, requireVersion } from './version.ts';

describe('parseVersion', () => {
  it.each(['0.0.0', '1.2.3', '10.20.30-beta.1+build.5', '1.0.0-0A.is.legal', '1.0.0--', '9007199254740991.0.0'])(
    'accepts %s',
    (text) => {
      expect(parseVersion(text)).toBeDefined();
    },
  );
  const tooLarge = ['1.0.9007199254740992', '9007199254740992.0.0', '1.99999999999999999999.0-beta.1'];
  const tooLong = `1.0.0-${'x'.repeat(251)}`;
  it.each([
    ...['1.2', 'v1.2.3', '01.2.3', '1.2.3-01', '1.2.3-', '1.2.3+', ' 1.2.3', '1.2.3.4', ''],
    ...tooLarge,
    tooLong,
  ])('refuses "%s"', (text) => {
    expect(parseVersion(text)).toBeUndefined();
    expect(() => requireVersion(text)).toThrow(expect.objectContaining({ code: 'invalid_semver' }));
  });
  it.each([...tooLarge, tooLong])('says what is too much of "%s"', (text) => {
    const hint = 'Each number is at most 9007199254740991, the whole at most 256 characters.';
    expect(() => requireVersion(text)).toThrow(expect.objectContaining({ hint }));
  });
});

describe('compareVersions', () => {
  const rising = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
  ];
  it('orders as semver does', () => {
    const shuffled = [...rising].reverse().map((text) => ({ text, version: parseVersion(text)! }));
    expect(shuffled.sort((a, b) => compareVersions(a.version, b.version)).map(({ text }) => text)).toEqual(rising);
  });
});
