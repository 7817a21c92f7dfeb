// What a device is told to run (docs/protocol/device.md §12.2).

import { ask, device_id, each, type Row, type State } from './row.ts';

const production = (change: Record<string, unknown>): State => ({ channels: { production: change } });
const override = (channel: string): State => ({ overrides: { [device_id]: channel } });
const toStore = production({ version: null });
const keyed: State = { bundles: { '1.0.0': { key_id: 'MIIBCgKCAQEAbundle00' } } };
const described: State = {
  app: { expose_metadata: true },
  bundles: { '1.0.0': { link: 'https://example.com/1', comment: 'first' } },
};
const withoutContent = { object_sha256: null, storage_provider: 'none' };

export const decisionRows: readonly Row[] = [
  {
    id: 'U1',
    title: 'a device on the newest bundle is up to date',
    steps: [{ body: ask(), refused: 'no_new_version_available/up_to_date', lacks: ['version'] }],
  },
  {
    id: 'U2',
    title: 'an old bundle is updated',
    steps: [
      {
        body: ask({ version_name: '1.1.0' }),
        offered: '1.0.0',
        holds: { checksum: '3885ee49', session_key: '' },
        lacks: ['manifest', 'link', 'comment', 'sessionKey'],
      },
    ],
  },
  {
    id: 'U3',
    title: 'a higher major is withheld',
    steps: [
      {
        body: ask({ version_name: '0.0.0', version_build: '0.0.0' }),
        refused: 'disable_auto_update_to_major/blocked',
        holds: { major: true, version: '1.0.0', old: '0.0.0', message: 'Cannot upgrade major version' },
      },
    ],
  },
  {
    id: 'U4',
    title: 'a lower major is stopped by the native version, not by its major',
    steps: [
      {
        body: ask({ version_name: '2.0.0', version_build: '2.0.0' }),
        refused: 'disable_auto_update_under_native/blocked',
        holds: { version: '1.0.0', old: '2.0.0' },
        lacks: ['major'],
      },
    ],
  },
  ...each('U5', ['1.1.0', '0.361.0'], (version_name) => ({
    title: `U5, U6: another minor than the native version's, running ${version_name}`,
    state: production({ disable_auto_update: 'minor', version: '1.361.0' }),
    steps: [
      {
        body: ask({ version_name }),
        refused: 'disable_auto_update_to_minor/blocked',
        holds: { major: true, version: '1.361.0', old: '1.0.0' },
      },
    ],
  })),
  {
    id: 'U7',
    title: 'another patch than the native version',
    state: production({ disable_auto_update: 'patch', version: '1.0.1' }),
    steps: [
      {
        body: ask({ version_name: '0.9.9' }),
        refused: 'disable_auto_update_to_patch/blocked',
        holds: { version: '1.0.1', old: '1.0.0' },
      },
    ],
  },
  {
    id: 'U8',
    title: 'the same patch, mode patch',
    state: production({ disable_auto_update: 'patch' }),
    steps: [{ body: ask({ version_name: '0.9.9' }), offered: '1.0.0' }],
  },
  {
    id: 'U9',
    title: 'mode version_number without a minimum',
    state: production({ disable_auto_update: 'version_number', version: '1.0.1' }),
    steps: [
      {
        body: ask(),
        refused: 'misconfigured_channel/failed',
        holds: { message: 'Channel production is misconfigured', version: '1.0.1', old: '1.0.0' },
      },
    ],
  },
  {
    id: 'U10',
    title: 'mode version_number, minimum above the native version',
    state: {
      ...production({ disable_auto_update: 'version_number', version: '1.0.1' }),
      bundles: { '1.0.1': { min_update_version: '1.0.1' } },
    },
    steps: [
      {
        body: ask({ version_name: '0.9.0' }),
        refused: 'disable_auto_update_to_metadata/blocked',
        holds: { version: '1.0.1', old: '1.0.0' },
      },
    ],
  },
  {
    id: 'U11',
    title: 'mode version_number, minimum reached',
    state: {
      ...production({ disable_auto_update: 'version_number', version: '1.0.1' }),
      bundles: { '1.0.1': { min_update_version: '1.0.0' } },
    },
    steps: [{ body: ask(), offered: '1.0.1' }],
  },
  {
    id: 'U12',
    title: 'mode none lets a higher major through',
    state: { ...production({ disable_auto_update: 'none', version: '2.0.0' }), bundles: { '2.0.0': {} } },
    steps: [{ body: ask(), offered: '2.0.0' }],
  },
  {
    id: 'U13',
    title: 'below the native version, when that is allowed',
    state: {
      ...production({ disable_auto_update: 'none', disable_auto_update_under_native: false, version: '0.5.0' }),
      bundles: { '0.5.0': {} },
    },
    steps: [{ body: ask(), offered: '0.5.0' }],
  },
  {
    id: 'U14',
    title: 'a pre-release is below its release',
    state: {
      ...production({ disable_auto_update: 'none', version: '1.0.0-beta.1' }),
      bundles: { '1.0.0-beta.1': {} },
    },
    steps: [{ body: ask(), refused: 'disable_auto_update_under_native/blocked' }],
  },
  ...[
    { id: 'U15', flag: 'allow_emulator', change: { is_emulator: true }, code: 'disable_emulator' },
    { id: 'U16', flag: 'allow_device', change: {}, code: 'disable_device' },
    { id: 'U17', flag: 'allow_dev', change: { is_prod: false }, code: 'disable_dev_build' },
    { id: 'U18', flag: 'allow_prod', change: {}, code: 'disable_prod_build' },
  ].map(({ id, flag, change, code }) => ({
    id,
    title: `${flag} off`,
    state: production({ [flag]: false }),
    steps: [
      {
        body: ask({ version_name: '1.1.0', ...change }),
        refused: `${code}/blocked`,
        holds: { version: '1.0.0', old: '1.1.0' },
      },
    ],
  })),
  {
    id: 'U19',
    title: 'the build is judged before the device',
    state: production({ allow_prod: false, allow_device: false }),
    steps: [{ body: ask({ version_name: '1.1.0' }), refused: 'disable_prod_build/blocked' }],
  },
  {
    id: 'U20',
    title: 'a blocked device that runs the bundle is up to date',
    state: production({ allow_prod: false, disable_auto_update: 'patch' }),
    steps: [{ body: ask(), refused: 'no_new_version_available/up_to_date' }],
  },
  { id: 'U21', title: 'a named channel', steps: [{ body: ask({ defaultChannel: 'beta' }), offered: '1.361.0' }] },
  {
    id: 'U22',
    title: 'names of channels are case-sensitive',
    steps: [{ body: ask({ defaultChannel: 'Beta' }), refused: 'no_channel/failed' }],
  },
  {
    id: 'U23',
    title: 'a named channel that is off for the platform',
    steps: [
      { body: ask({ defaultChannel: 'no_access' }), refused: 'no_channel/failed', lacks: ['version', 'old', 'major'] },
    ],
  },
  {
    id: 'U24',
    title: 'no fallback from a named channel to the public one',
    steps: [{ body: ask({ defaultChannel: 'nope', version_name: '1.1.0' }), refused: 'no_channel/failed' }],
  },
  {
    id: 'U25',
    title: 'no public channel for the platform',
    state: production({ public: false }),
    steps: [
      {
        body: ask({ version_name: '1.1.0' }),
        refused: 'no_channel/failed',
        holds: { message: 'no default channel or override' },
      },
    ],
  },
  {
    id: 'U26',
    title: 'a private channel cannot be told from a missing one',
    state: production({ public: false, allow_device_self_set: false }),
    steps: [{ body: ask({ defaultChannel: 'production' }), refused: 'no_channel/failed', lacks: ['version', 'old'] }],
  },
  { id: 'U27', title: 'the public channel of iOS', steps: [{ body: ask({ platform: 'ios' }), offered: '1.359.0' }] },
  {
    id: 'U28',
    title: 'the public channel of Electron',
    steps: [{ body: ask({ platform: 'electron', plugin_version: '0.0.1', version_name: '1.1.0' }), offered: '1.0.0' }],
  },
  {
    id: 'U29',
    title: 'a channel for Electron alone',
    steps: [{ body: ask({ platform: 'electron', defaultChannel: 'electron_only' }), offered: '1.360.0' }],
  },
  {
    id: 'U30',
    title: 'a forced channel',
    state: override('beta'),
    steps: [{ body: ask({ version_name: '0.0.0' }), offered: '1.361.0' }],
  },
  {
    id: 'U31',
    title: 'a forced channel that is off for the platform',
    state: override('no_access'),
    steps: [
      {
        body: ask({ version_name: '0.0.0' }),
        refused: 'disabled_platform_android/blocked',
        holds: { version: '1.361.0', old: '0.0.0', message: 'Cannot update, android is disabled' },
      },
    ],
  },
  {
    id: 'U32',
    title: 'a forced channel may be private',
    state: {
      channels: { secret: { version: '1.361.0', allow_device_self_set: false } },
      overrides: { [device_id]: 'secret' },
    },
    steps: [{ body: ask({ version_name: '0.0.0' }), offered: '1.361.0' }],
  },
  {
    id: 'U33',
    title: 'a forced channel wins over a named one',
    state: override('beta'),
    steps: [{ body: ask({ defaultChannel: 'production', version_name: '0.9.0' }), offered: '1.361.0' }],
  },
  {
    id: 'U34',
    title: 'a forced channel with a deleted bundle counts as absent',
    state: { ...override('beta'), bundles: { '1.361.0': { deleted: true } } },
    steps: [{ body: ask({ version_name: '1.1.0' }), offered: '1.0.0' }],
  },
  {
    id: 'U35',
    title: 'a named channel with a deleted bundle',
    state: { bundles: { '1.361.0': { deleted: true } } },
    steps: [{ body: ask({ defaultChannel: 'beta' }), refused: 'no_channel/failed' }],
  },
  {
    id: 'U36',
    title: 'the public channel has a deleted bundle',
    state: { bundles: { '1.0.0': { deleted: true } } },
    steps: [{ body: ask({ version_name: '1.1.0' }), refused: 'no_channel/failed' }],
  },
  {
    id: 'U37',
    title: 'a bundle without any content',
    state: { bundles: { '1.0.0': withoutContent } },
    steps: [
      { body: ask({ version_name: '1.1.0' }), refused: 'no_bundle/failed', holds: { message: 'Cannot get bundle' } },
    ],
  },
  {
    id: 'U38',
    title: 'a bundle hosted elsewhere',
    state: {
      bundles: {
        '1.0.0': {
          external_url: 'https://cdn.example.com/a%20b.zip?x=1',
          manifest: [{ file_name: 'index.html', file_hash: 'a'.repeat(64), object_sha256: 'b'.repeat(64) }],
        },
      },
    },
    steps: [
      {
        body: ask({ version_name: '1.1.0', plugin_version: '8.51.14' }),
        offered: '1.0.0',
        holds: { url: 'https://cdn.example.com/a%20b.zip?x=1' },
        lacks: ['manifest'],
      },
    ],
  },
  ...each('U39', ['ftp://x', 'HTTPS://cdn.example.com/a.zip', '//cdn.example.com/a.zip'], (external_url) => ({
    title: `hosted at ${external_url}`,
    state: { bundles: { '1.0.0': { external_url } } },
    steps: [{ body: ask({ version_name: '1.1.0' }), refused: 'no_bundle_url/failed' }],
  })),
  {
    id: 'U40',
    title: 'back to the store bundle',
    state: toStore,
    steps: [{ body: ask({ version_name: '1.1.0' }), equals: { version: 'builtin' } }],
  },
  ...each('U41', ['builtin', '1.0.0-store'], (version_name) => ({
    title: `already on the store bundle, reported as ${version_name}`,
    state: toStore,
    steps: [
      {
        body: ask({ version_name, version_build: version_name === 'builtin' ? '1.0.0' : version_name }),
        refused: 'already_on_builtin/up_to_date',
        holds: { version: 'builtin' },
      },
    ],
  })),
  ...each(
    'U41.client',
    [
      { platform: 'electron', plugin_version: '0.0.1', version_name: '1.0.0-store', version_build: '1.0.0-store' },
      { platform: 'electron', plugin_version: '0.0.1', version_name: 'builtin' },
      { plugin_version: '5.9.5', version_name: 'builtin' },
      { plugin_version: '6.1.0', version_name: '1.0.0-store', version_build: '1.0.0-store' },
    ],
    (change) => ({
      title: `nor has a client to go anywhere that cannot go back: ${JSON.stringify(change)}`,
      state: toStore,
      steps: [{ body: ask(change), refused: 'already_on_builtin/up_to_date', holds: { version: 'builtin' } }],
    }),
  ),
  ...each(
    'U41.namesake',
    [{ platform: 'electron', plugin_version: '0.0.1' }, { plugin_version: '5.9.5' }],
    (change) => ({
      title: `a bundle that is named like the native version, ${JSON.stringify(change)}`,
      steps: [
        { change: toStore, body: ask(change), refused: 'already_on_builtin/up_to_date' },
        { change: production({ version: '1.0.0' }), body: ask({ ...change, version_name: '0.9.0' }), offered: '1.0.0' },
        { change: toStore, body: ask(change), refused: 'revert_to_builtin_plugin_version_too_old/failed' },
      ],
    }),
  ),
  {
    id: 'U41.offered',
    title: 'a device that was offered the bundle of the same name does go back',
    steps: [
      { body: ask({ version_name: '0.9.0' }), offered: '1.0.0' },
      { change: toStore, body: ask({ version_name: '1.0.0' }), equals: { version: 'builtin' } },
    ],
  },
  ...each('U42', ['6.1.0', '5.9.5', '6.2.0-beta.1'], (plugin_version) => ({
    title: `plugin ${plugin_version} cannot go back to the store bundle`,
    state: toStore,
    steps: [
      {
        body: ask({ version_name: '1.1.0', plugin_version }),
        refused: 'revert_to_builtin_plugin_version_too_old/failed',
      },
    ],
  })),
  {
    id: 'U42.electron',
    title: 'Electron cannot go back to its builtin bundle either',
    state: toStore,
    steps: [
      {
        body: ask({ version_name: '1.1.0', platform: 'electron', plugin_version: '0.0.1' }),
        refused: 'revert_to_builtin_plugin_version_too_old/failed',
      },
    ],
  },
  {
    id: 'U43',
    title: 'plugin 4 is refused',
    steps: [{ body: ask({ plugin_version: '4.15.0' }), refused: 'unsupported_plugin_version/failed' }],
  },
  ...each('U44', ['8.40.8', '8.51.14', '9.0.0'], (plugin_version) => ({
    title: `another key, plugin ${plugin_version}`,
    state: keyed,
    steps: [
      {
        body: ask({ version_name: '1.1.0', plugin_version, key_id: 'MIIBCgKCAQEAdevice00' }),
        refused: 'key_id_mismatch/blocked',
        holds: { deviceKeyId: 'MIIBCgKCAQEAdevice00', bundleKeyId: 'MIIBCgKCAQEAbundle00' },
      },
    ],
  })),
  ...each(
    'U45',
    [
      { plugin_version: '8.40.7', key_id: 'MIIB' },
      { plugin_version: '7.50.1', key_id: 'MIIBCgKCAQEAdevice00' },
      { plugin_version: '8.51.14' },
      { plugin_version: '8.51.14', key_id: '' },
      { plugin_version: '8.51.14', key_id: 'MIIBCgKCAQEAbundle00' },
    ],
    (change) => ({
      title: `keys are not held against ${JSON.stringify(change)}`,
      state: keyed,
      steps: [{ body: ask({ version_name: '1.1.0', ...change }), offered: '1.0.0' }],
    }),
  ),
  ...each('U46', ['5.35.0', '6.35.0', '7.35.0', '8.35.0'], (plugin_version) => ({
    title: `link and comment for plugin ${plugin_version}`,
    state: described,
    steps: [
      {
        body: ask({ version_name: '1.1.0', plugin_version }),
        offered: '1.0.0',
        holds: { link: 'https://example.com/1', comment: 'first' },
      },
    ],
  })),
  ...each('U47', ['5.34.9', '6.34.9', '7.34.9', '8.34.9', '8.35.0-beta.1'], (plugin_version) => ({
    title: `no link and comment for plugin ${plugin_version}`,
    state: described,
    steps: [{ body: ask({ version_name: '1.1.0', plugin_version }), offered: '1.0.0', lacks: ['link', 'comment'] }],
  })),
  {
    id: 'U48',
    title: 'no link and comment when the app hides them',
    state: { ...described, app: { expose_metadata: false } },
    steps: [
      {
        body: ask({ version_name: '1.1.0', plugin_version: '8.51.14' }),
        offered: '1.0.0',
        lacks: ['link', 'comment'],
      },
    ],
  },
  {
    id: 'U49',
    title: 'the default channel is forgotten when the device names none',
    steps: [
      { body: ask({ defaultChannel: 'beta' }), offered: '1.361.0', stored: { device: { default_channel: 'beta' } } },
      { body: ask(), stored: { device: { default_channel: null } } },
    ],
  },
  {
    id: 'U50',
    title: 'a blank custom id keeps the known one',
    steps: [
      { body: ask({ custom_id: '  x ' }), stored: { device: { custom_id: 'x' } } },
      { body: ask({ custom_id: '' }), stored: { device: { custom_id: 'x' } } },
      { body: ask({ custom_id: '   ' }), stored: { device: { custom_id: 'x' } } },
    ],
  },
  {
    id: 'U51',
    title: 'custom ids that the app does not allow',
    state: { app: { allow_device_custom_id: false } },
    steps: [{ body: ask({ custom_id: 'x' }), stored: { device: { custom_id: '' } } }],
  },
  {
    id: 'U52',
    title: 'what is stored of a device',
    steps: [
      {
        body: ask({
          device_id: device_id.toUpperCase(),
          version_name: '0.9.0',
          version_build: '1.0',
          install_source: ' Google_Play ',
          key_id: 'MIIBCgKCAQEA',
          is_prod: undefined,
        }),
        offered: '1.0.0',
        stored: {
          device: {
            platform: 'android',
            plugin_version: '7.0.0',
            version_build: '1.0.0',
            os_version: '13',
            version_code: '1',
            version_name: '1.0.0',
            offered_version: '1.0.0',
            install_source: 'google_play',
            key_id: 'MIIBCgKCAQEA',
            is_prod: true,
            is_emulator: false,
          },
          events: [{ action: 'get', version_name: '1.0.0', device_id, channel: 'production' }],
        },
      },
      {
        body: ask({ version_name: '1.0.0', install_source: ' ' }),
        stored: { device: { version_name: '1.0.0', install_source: 'google_play' } },
      },
    ],
  },
  ...each('U53', ['update_fail', 'set_fail'], (action) => ({
    title: `a bundle that reported ${action} twice is not offered to this device again`,
    state: production({ disable_auto_update_under_native: false }),
    steps: [
      { path: '/stats', body: ask({ action }), times: 2, equals: { status: 'ok' } },
      {
        change: {},
        body: ask({ version_name: '0.9.0' }),
        refused: 'bundle_failed_on_device/blocked',
        holds: { version: '1.0.0' },
      },
      { body: ask({ version_name: '0.9.0', version_build: '1.0.1' }), offered: '1.0.0' },
      { body: ask({ version_name: '0.9.0', device_id: device_id.replace('0', 'f') }), offered: '1.0.0' },
      { change: production({ version: '1.0.1' }), body: ask({ version_name: '0.9.0' }), offered: '1.0.1' },
    ],
  })),
  {
    id: 'U54',
    title: 'one failure is no reason to give up',
    steps: [
      { path: '/stats', body: ask({ action: 'update_fail' }), equals: { status: 'ok' } },
      { change: {}, body: ask({ version_name: '0.9.0' }), offered: '1.0.0' },
    ],
  },
  ...each('U55', ['nightly', '1.0.9007199254740992'], (version) => ({
    title: `a bundle name that no program can compare: ${version}`,
    state: { ...production({ version }), bundles: { [version]: {} } },
    steps: [{ body: ask(), refused: 'misconfigured_channel/failed' }],
  })),
  {
    id: 'U56',
    title: 'a least native version that no program can compare',
    state: {
      ...production({ disable_auto_update: 'version_number', version: '1.0.1' }),
      bundles: { '1.0.1': { min_update_version: '1.0.9007199254740992' } },
    },
    steps: [{ body: ask(), refused: 'misconfigured_channel/failed' }],
  },
];
