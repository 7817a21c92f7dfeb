// Versions: what counts as one, which is newer, and what comes next.

import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion } from './version.ts';

describe('parseVersion', () => {
  it.each(['0.0.0', '1.2.3', '10.20.30-beta.1+build.5', '1.0.0-0A.is.legal', '1.0.0--'])('accepts %s', (text) => {
    expect(parseVersion(text)).toBeDefined();
  });
  it.each(['1.2', 'v1.2.3', '01.2.3', '1.2.3-01', '1.2.3-', '1.2.3+', ' 1.2.3', '1.2.3.4', ''])(
    'refuses "%s"',
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );
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
