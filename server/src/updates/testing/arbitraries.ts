// Random release states and questions, dense enough that every check speaks.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Setting, Settings } from '@overair/protocol/manage/setting';
import fc from 'fast-check';
import { type DecidingSettings, decidingColumns, decidingSettings, settingDefaults } from '../../db/settings.ts';
import { clientOf, type Platform } from '../client.ts';
import type { Question } from '../question.ts';
import type { AppState, Bundle, Channel, FailedBundle, ManifestEntry, Rollout } from '../release-state.ts';
import { coerceNativeVersion, parseVersion, printVersion } from '../versions.ts';

export const deviceIds = ['00009a6b-eefe-490a-9c60-8e965132ae51', 'ffff9a6b-eefe-490a-9c60-8e965132ae51'];
const channelNames = ['production', 'beta', 'private', ''];
const versions = ['0.9.0', '1.0.0', '1.0.1', '1.0.1-beta.1', '1.1.0', '2.0.0', '1.0.0+build.7'];
const bundleNames = [...versions, 'builtin', 'unknown', 'no semver at all'];
const pluginVersions = [
  '4.9.0',
  '5.9.5',
  '5.43.3',
  '6.1.0',
  '6.14.27',
  '6.25.0',
  '7.0.0',
  '7.29.0',
  '8.51.14',
  '8.51.23',
  '10.0.0',
  '0.0.1',
];
const keyIds = ['MIIBCgKCAQEAaaaaaaaa', 'MIIBCgKCAQEAbbbbbbbb'];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 });
const hex64 = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));

const manifestEntry: fc.Arbitrary<ManifestEntry> = fc.record({
  file_name: fc.constantFrom('index.html', 'assets/é+ .js.br', 'a'.repeat(300)),
  file_hash: hex64,
  file_hash_v2: maybe(hex64),
  object_sha256: hex64,
  size: fc.nat(),
});

const bundle: fc.Arbitrary<Bundle> = fc
  .record({
    id: fc.integer({ min: 1, max: 9 }),
    name: fc.constantFrom(...bundleNames),
    checksum: maybe(fc.constantFrom('3885ee49', 'c'.repeat(64))),
    checksum_v2: maybe(fc.constant('djI=')),
    crc32: maybe(fc.constant('0000beef')),
    session_key: maybe(fc.constant('aXY=:a2V5')),
    key_id: maybe(fc.constantFrom(...keyIds)),
    external_url: maybe(fc.constantFrom('https://cdn.example.com/a.zip', 'ftp://x', 'nonsense')),
    object_sha256: maybe(hex64),
    min_update_version: maybe(fc.constantFrom(...versions, 'x')),
    link: maybe(fc.constantFrom('', 'https://example.com')),
    comment: maybe(fc.constantFrom('', 'words')),
    manifest: fc.oneof(fc.constant([]), fc.array(manifestEntry, { maxLength: 2 })),
    withheldAt: fc.option(
      fc
        .array(fc.constantFrom('native android 1.0.0', 'native ios 1.1.0', 'os android 16'), { minLength: 1 })
        .map((places): ReadonlySet<string> => new Set(places)),
      { nil: undefined, freq: 6 },
    ),
  })
  .map((row) => ({ ...row, version: parseVersion(row.name) }));

const rollout: fc.Arbitrary<Rollout> = fc.record({
  bundle,
  id: fc.uuid(),
  enabled: fc.boolean(),
  paused: fc.boolean(),
  percentageBps: fc.oneof(fc.constantFrom(0, 10_000), fc.integer({ min: 0, max: 10_000 })),
});

const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });

const channel: fc.Arbitrary<Channel> = fc.record({
  id: fc.integer({ min: 1, max: 9 }),
  name: fc.constantFrom(...channelNames),
  bundle: fc.option(bundle, { nil: undefined, freq: 5 }),
  unusable: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  rollout: fc.option(rollout, { nil: undefined }),
  stopped: fc.constant([]),
  ...decidingArbitraries(channelSettings),
  public: mostly,
});

/** What is on at first is mostly on. */
function decidingArbitraries<S extends Settings>(settings: S) {
  const defaults = settingDefaults(settings);
  const arbitraries = decidingColumns(settings).map((column) => {
    const setting: Setting = settings[column]!;
    if (setting.type === 'choice') return [column, fc.constantFrom(...setting.values)];
    return [column, defaults[column] === true ? mostly : fc.boolean()];
  });
  return Object.fromEntries(arbitraries) as {
    [Column in keyof DecidingSettings<S>]: fc.Arbitrary<DecidingSettings<S>[Column]>;
  };
}

const failed: fc.Arbitrary<FailedBundle> = fc.record({
  version_name: fc.constantFrom(...versions),
  version_build: fc.constantFrom(...versions),
  didNotStart: fc.boolean(),
  unopenedWith: fc.constantFrom(...keyIds, null),
});

export const anyState: fc.Arbitrary<AppState> = fc
  .record({
    ...decidingArbitraries(appSettings),
    channels: fc.uniqueArray(channel, { maxLength: 4, selector: ({ id }) => id }),
    bundleNames: fc.uniqueArray(fc.constantFrom(...bundleNames)),
    rollingOut: fc.boolean(),
    formerDefaults: fc.uniqueArray(fc.constantFrom(...channelNames)),
    override: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined, freq: 2 }),
    failures: fc.array(failed, { maxLength: 16 }),
  })
  .map(({ channels, bundleNames: names, formerDefaults, override, failures, ...rest }) => ({
    ...rest,
    app_id: 'com.demo.app',
    uuid: '00000000-0000-4000-8000-000000000001',
    channels,
    channelsById: new Map(channels.map((each) => [each.id, each])),
    bundleNames: new Map(names.map((name) => [name, { deleted: false }])),
    formerDefaults: new Map(formerDefaults.map((name) => [name, ['ios', 'electron']])),
    overrides: new Map(override === undefined ? [] : [[deviceIds[0] as string, override]]),
    failures: new Map([[deviceIds[0] as string, failures]]),
  }));

export const anyQuestion: fc.Arbitrary<Question> = fc
  .record({
    device_id: fc.constantFrom(...deviceIds),
    platform: fc.constantFrom<Platform>('ios', 'android', 'electron'),
    plugin_version: fc.constantFrom(...pluginVersions),
    version_name: fc.oneof(fc.constantFrom(...bundleNames), fc.string({ unit: 'binary' })),
    saidBuiltin: fc.boolean(),
    build: fc.constantFrom(...versions, '1', '1.0', 'builtin'),
    is_prod: mostly,
    is_emulator: fc.boolean(),
    defaultChannel: fc.oneof(fc.constant(''), fc.constantFrom(...channelNames), fc.string()),
    key_id: fc.option(fc.constantFrom(...keyIds), { nil: undefined }),
    provider: fc.oneof(
      { weight: 20, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constant('apple') },
    ),
  })
  .map(({ build, ...rest }) => aQuestion({ ...rest, version_build: build }));

/** A question of an Android phone on native 1.0.0 that runs 0.9.0. */
export function aQuestion(change: Partial<Question> = {}): Question {
  const { platform = 'android', plugin_version = '8.51.14' } = change;
  const native = coerceNativeVersion(change.version_build ?? '1.0.0');
  if (native === undefined) throw new Error('no native version');
  return {
    app_id: 'com.demo.app',
    device_id: deviceIds[0] as string,
    version_name: '0.9.0',
    saidBuiltin: false,
    is_prod: true,
    is_emulator: false,
    defaultChannel: '',
    key_id: undefined,
    ip: '192.0.2.1',
    provider: undefined,
    custom_id: '',
    install_source: '',
    version_os: '16',
    version_code: '1',
    ...change,
    platform,
    plugin_version,
    client: clientOf(platform, plugin_version),
    version_build: printVersion(native),
    native,
  };
}

export function aBundle(change: Partial<Bundle> = {}): Bundle {
  const name = change.name ?? '1.0.0';
  return {
    id: 1,
    checksum: 'c'.repeat(64),
    checksum_v2: null,
    crc32: null,
    session_key: null,
    key_id: null,
    external_url: null,
    object_sha256: 'a'.repeat(64),
    min_update_version: null,
    link: null,
    comment: null,
    manifest: [],
    withheldAt: undefined,
    ...change,
    name,
    version: parseVersion(name),
  };
}

export function aChannel(change: Partial<Channel> = {}): Channel {
  return {
    id: 1,
    name: 'production',
    bundle: aBundle(),
    unusable: false,
    rollout: undefined,
    stopped: [],
    ...decidingSettings(channelSettings, settingDefaults(channelSettings)),
    public: true,
    ...change,
  };
}

export function aState(change: Partial<AppState> = {}): AppState {
  const channels = change.channels ?? [aChannel()];
  return {
    app_id: 'com.demo.app',
    uuid: '00000000-0000-4000-8000-000000000001',
    ...decidingSettings(appSettings, settingDefaults(appSettings)),
    bundleNames: new Map(),
    rollingOut: false,
    formerDefaults: new Map(),
    overrides: new Map(),
    failures: new Map(),
    ...change,
    channels,
    channelsById: new Map(channels.map((each) => [each.id, each])),
  };
}
