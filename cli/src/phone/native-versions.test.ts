// Versions as real projects write them down: what their phones will report.

import { describe, expect, it } from 'vitest';
import { aFolder } from '../testing/project.ts';
import { readGradleVersion } from './gradle-version.ts';
import { coerceVersion, findNativeApps } from './native-versions.ts';

describe('build.gradle', () => {
  it.each<[string, string, string, string | undefined]>([
    ['the template of Capacitor', 'versionCode 1\n        versionName "1.0"\n', '', '1.0'],
    ['an equals sign', "versionName = '2.3.4'", '', '2.3.4'],
    ['Kotlin', 'versionCode = 7\nversionName = "3.0.1-beta.2"', '', '3.0.1-beta.2'],
    ['a setter', 'versionName("1.2.3")', '', '1.2.3'],
    ['a comment before it', '// versionName "9.9.9"\n/* versionName "8.8.8" */\nversionName "1.1.0"', '', '1.1.0'],
    [
      'a variable of the script',
      'def appVersion = "1.4.0"\nandroid { versionName appVersion }'.replace(' }', '\n}'),
      '',
      '1.4.0',
    ],
    [
      'a variable of the project',
      'versionName rootProject.ext.appVersionName',
      "ext {\n  appVersionName = '2.0.0'\n}",
      '2.0.0',
    ],
    ['a property', 'versionName project.findProperty("APP_VERSION")', 'APP_VERSION=4.5.6\n', '4.5.6'],
    ['a property as text', 'versionName = property("APP_VERSION") as String', 'APP_VERSION=4.5.6\n', '4.5.6'],
    ['parts', `def major = 1\ndef minor = 2\nversionName "$\{major}.$minor.0"`, '', '1.2.0'],
    ['a sum', 'def minor = 5\nversionName "1." + minor', '', '1.5'],
    [
      'extra of Kotlin',
      'versionName = rootProject.extra["appVersion"] as String',
      'extra("appVersion") = "1.9.0"',
      '1.9.0',
    ],
    ['what only Gradle can run', 'versionName getVersionFromGit()', '', undefined],
    ['a circle', 'def a = b\ndef b = a\nversionName a', '', undefined],
    ['nothing', 'android { }', '', undefined],
  ])('%s', (_what, script, around, expected) => {
    expect(readGradleVersion(script, around)).toBe(expected);
  });
});

const pbxproj = (settings: string) => `
  504EC3151FED79650016851F /* Debug */ = {
    isa = XCBuildConfiguration;
    buildSettings = {
      MARKETING_VERSION = 9.9;
    };
    name = Debug;
  };
  504EC3181FED79650016851F /* Release */ = {
    isa = XCBuildConfiguration;
    buildSettings = {
      INFOPLIST_FILE = App/Info.plist;
      ${settings}
    };
    name = Release;
  };`;
const plist = (version: string) =>
  `<plist><dict>\n<key>CFBundleShortVersionString</key>\n\t<string>${version}</string></dict></plist>`;

describe('findNativeApps', () => {
  const iosFiles = (version: string, settings: string) => ({
    'ios/App/App/Info.plist': plist(version),
    'ios/App/App.xcodeproj/project.pbxproj': pbxproj(settings),
  });
  it.each([
    ['a build setting', iosFiles('$(MARKETING_VERSION)', 'MARKETING_VERSION = 1.0;'), '1.0'],
    ['a literal', iosFiles('3.2.1', 'MARKETING_VERSION = 1.0;'), '3.2.1'],
    [
      'a setting that names another',
      iosFiles('$(MARKETING_VERSION)', 'MARKETING_VERSION = "$(APP_VERSION)";\nAPP_VERSION = 2.1.0;'),
      '2.1.0',
    ],
    [
      'an xcconfig file',
      { ...iosFiles('$(APP_VERSION)', ''), 'ios/release.xcconfig': 'APP_VERSION = 5.0.0\n' },
      '5.0.0',
    ],
    ['nowhere', iosFiles('$(APP_VERSION)', ''), undefined],
  ])('iOS: %s', async (_what, files, version) => {
    const found = await findNativeApps(aFolder(files));
    expect(found).toMatchObject([{ platform: 'ios', version }]);
  });

  it('every platform, and the version that the updater is told', async () => {
    const files = {
      'android/app/build.gradle.kts': 'versionName = "1.2"',
      ...iosFiles('1.3', ''),
      'electron/package.json': '{"version":"4.0.0"}',
    };
    expect(await findNativeApps(aFolder(files))).toEqual([
      { platform: 'android', version: '1.2', source: 'android/app/build.gradle.kts' },
      { platform: 'ios', version: '1.3', source: 'ios/App/App/Info.plist' },
      { platform: 'electron', version: '4.0.0', source: 'electron/package.json' },
    ]);
    const config = { appId: 'a.b', webDir: 'www', plugins: { CapacitorUpdater: { version: '7.0.0' } } };
    const told = await findNativeApps(aFolder({ ...files, 'capacitor.config.json': JSON.stringify(config) }));
    expect(told.map(({ version }) => version)).toEqual(['7.0.0', '7.0.0', '4.0.0']);
  });

  it('an Electron app without a folder of its own', async () => {
    const cwd = aFolder({ 'package.json': '{"version":"1.1.0","devDependencies":{"electron":"40"}}' });
    expect(await findNativeApps(cwd)).toEqual([{ platform: 'electron', version: '1.1.0', source: 'package.json' }]);
    expect(await findNativeApps(aFolder())).toEqual([]);
  });
});

describe('coerceVersion', () => {
  it.each([
    ['1', '1.0.0'],
    ['1.0', '1.0.0'],
    [' v1.2.3 ', '1.2.3'],
    ['1.2.3-beta.1+7', '1.2.3-beta.1+7'],
    ['1.2.3.4', undefined],
    ['2024.01.05', undefined],
    ['1.2.3 (4)', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(coerceVersion(text)).toBe(expected);
  });
});
