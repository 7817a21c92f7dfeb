// Which packages count as native, how their code is fingerprinted, and which differences break phones.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../testing/project.ts';
import { comparePackages } from './compare-packages.ts';
import { listNativePackages, type NativePackage } from './native-packages.ts';

const plugin = 'node_modules/@acme/camera';

const project = {
  'package.json': JSON.stringify({
    dependencies: { '@acme/camera': '^2.0.0', lodash: '4' },
    devDependencies: { tool: '1' },
  }),
  [`${plugin}/package.json`]: JSON.stringify({
    version: '2.1.0',
    capacitor: { ios: { src: 'ios' }, android: { src: 'android' } },
  }),
  [`${plugin}/ios/Plugin/Camera.swift`]: 'swift',
  [`${plugin}/Camera.podspec`]: 'pod',
  [`${plugin}/android/src/main/Camera.kt`]: 'kotlin',
  [`${plugin}/android/build.gradle`]: 'gradle',
  [`${plugin}/ios/README.md`]: 'not code',
  [`${plugin}/node_modules/x/ios/X.swift`]: 'not its own',
  'node_modules/lodash/package.json': '{"version":"4.0.0"}',
  'node_modules/tool/package.json': '{"version":"1.0.0","capacitor":{"ios":{}}}',
};

const hashOf = (...parts: string[]) => createHash('sha256').update(parts.join('')).digest('hex');

describe('listNativePackages', () => {
  it('finds native code and hashes path and bytes of each file', async () => {
    expect(await listNativePackages({ cwd: aFolder(project) })).toEqual([
      {
        name: '@acme/camera',
        version: '2.1.0',
        requested_version: '^2.0.0',
        ios_checksum: hashOf('Camera.podspec', 'pod', 'ios/Plugin/Camera.swift', 'swift'),
        android_checksum: hashOf('android/build.gradle', 'gradle', 'android/src/main/Camera.kt', 'kotlin'),
      },
    ]);
  });
  it('stops when a dependency is not installed', async () => {
    const cwd = aFolder({ 'package.json': '{"dependencies":{"gone":"1"}}' });
    await expect(listNativePackages({ cwd })).rejects.toMatchObject({ code: 'dependency_not_installed' });
  });
});

describe('comparePackages', () => {
  const base: NativePackage = {
    name: 'p',
    version: '1.0.0',
    requested_version: '^1.0.0',
    ios_checksum: 'i',
    android_checksum: 'a',
  };
  const { ios_checksum: _, ...androidOnly } = base;
  const { android_checksum: __, ...bare } = androidOnly;
  it.each<[string, NativePackage[], NativePackage[], string | null, string | null]>([
    ['the same', [base], [base], null, null],
    ['only on phones', [], [base], null, 'removed'],
    ['only here', [base], [], 'new_plugin', null],
    ['another version', [{ ...base, version: '1.0.1' }], [base], 'version_mismatch', null],
    ['another range', [{ ...base, requested_version: '~1.0.0' }], [base], null, 'requested_version_changed'],
    ['other iOS code', [{ ...base, ios_checksum: 'x' }], [base], 'ios_code_changed', null],
    ['other Android code', [{ ...base, android_checksum: 'x' }], [base], 'android_code_changed', null],
    [
      'other code on both',
      [{ ...base, ios_checksum: 'x', android_checksum: 'x' }],
      [base],
      'both_platforms_changed',
      null,
    ],
    ['iOS code on one side only', [base], [androidOnly], 'platform_checksum_metadata_changed', null],
    ['a side without any fingerprint', [base], [bare], null, null],
  ])('%s', (_what, local, remote, reason, note) => {
    expect(comparePackages(local, remote)).toEqual([
      expect.objectContaining({ name: 'p', compatible: reason === null, reason, note }),
    ]);
  });
});
