// Which packages count as native, how their code is fingerprinted, and which differences break phones.

import { execFileSync } from 'node:child_process';
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

/** Run as a process of its own: the language of a machine is read at start. */
const listFingerprints = `
  const { listNativePackages } = await import(${JSON.stringify(new URL('./native-packages.ts', import.meta.url).href)});
  console.log((await listNativePackages({ cwd: process.cwd() }))[0].android_checksum);
`;

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

  const fresh: Record<string, string> = project;
  const fingerprintOf = async (files: Record<string, string>) => {
    const [found] = await listNativePackages({ cwd: aFolder(files) });
    return { ios: found?.ios_checksum, android: found?.android_checksum };
  };
  it.each([
    ['Gradle', { 'android/build/generated/source/BuildConfig.java': 'class', 'android/.gradle/8/x.java': 'x' }],
    ['a Gradle module inside', { 'android/lib/build/tmp/kapt3/Stub.java': 'x' }],
    ['CMake and Kotlin', { 'android/.cxx/a/B.java': 'x', 'android/.kotlin/sessions/A.kt': 'x' }],
    ['Xcode', { 'ios/build/A.swift': 'x', 'ios/DerivedData/A.swift': 'x', 'ios/Plugin/DerivedData/B.swift': 'x' }],
    ['CocoaPods and SwiftPM', { 'ios/Pods/Lib/A.swift': 'x', 'ios/.build/checkouts/Lib/B.swift': 'x' }],
  ])('does not change when %s built the plugin where it lies', async (_tool, made) => {
    const beside = Object.fromEntries(Object.entries(made).map(([name, text]) => [`${plugin}/${name}`, text]));
    expect(await fingerprintOf({ ...fresh, ...beside })).toEqual(await fingerprintOf(fresh));
  });
  it('covers a source package that is called build', async () => {
    const before = await fingerprintOf(fresh);
    const after = await fingerprintOf({ ...fresh, [`${plugin}/android/src/main/java/acme/build/Task.java`]: 'x' });
    expect(after.android).not.toBe(before.android);
    expect(after.ios).toBe(before.ios);
  });
  it('does not change with the line ends that git writes', async () => {
    const lines = { [`${plugin}/ios/Plugin/Camera.swift`]: 'a\nb\n', [`${plugin}/android/build.gradle`]: 'c\n\nd\n' };
    const windows = Object.fromEntries(
      Object.entries(lines).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]),
    );
    expect(await fingerprintOf({ ...fresh, ...windows })).toEqual(await fingerprintOf({ ...fresh, ...lines }));
  });
  it('is the same on machines of every language', async () => {
    const names = ['Aa', 'aa', 'Ab', 'Zz', 'Ch', 'Cz', 'H', 'I', 'Y', 'y', 'K', 'Z', 'S', 'T', 'V', 'W'];
    const sources = names.map((name, at) => [`${plugin}/android/src/${name}${at}.java`, name]);
    const cwd = aFolder({ ...fresh, ...Object.fromEntries(sources), 'list.mjs': listFingerprints });
    const found = new Set<string>();
    for (const language of ['en_US', 'da_DK', 'cs_CZ', 'lt_LT', 'et_EE', 'C']) {
      const env = { ...process.env, LC_ALL: `${language}.UTF-8`, LANG: `${language}.UTF-8` };
      found.add(execFileSync(process.execPath, ['--conditions=source', 'list.mjs'], { cwd, env, encoding: 'utf8' }));
    }
    expect(found.size).toBe(1);
  }, 60_000);

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
