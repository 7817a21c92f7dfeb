// Which form of a checksum goes to which generation (docs/protocol/device.md §12.7, the server's part).

import { expect } from 'vitest';
import { ask, device_id, each, type Row, type State, type Step } from './row.ts';

const v3 = 'f0'.repeat(256);
const v2 = Buffer.alloc(256, 7).toString('base64');
const sha256 = 'c'.repeat(64);
const session_key = `${Buffer.alloc(16).toString('base64')}:${Buffer.alloc(256).toString('base64')}`;
const file = { file_name: 'index.html', file_hash: v3, file_hash_v2: v2, object_sha256: 'a'.repeat(64) };

const encrypted: State = { bundles: { '1.0.0': { checksum: v3, checksum_v2: v2, session_key, manifest: [file] } } };
const clear = (crc32: string | null): State => ({ bundles: { '1.0.0': { checksum: sha256, crc32 } } });
const otherDevice = device_id.replace('0', 'f');
const report = (body: unknown): Step => ({ path: '/stats', body, equals: { status: 'ok' } });
/** A channel of its own, open to every platform. */
const channel = (name: string, version: string): State => ({ channels: { [name]: { version } } });
const secret = (version: string): State => ({
  ...channel('secret', version),
  bundles: Object.fromEntries(['1.0.0', '1.0.1'].map((name) => [name, { checksum: v3, session_key }])),
});
const plain = (version: string): State => channel('clear', version);
const of = (plugin_version: string, change: Record<string, unknown> = {}) =>
  ask({ version_name: '1.1.0', plugin_version, ...change });

export const cryptoRows: readonly Row[] = [
  ...each('K5', ['7.30.0', '8.51.14', '6.30.0', '5.43.3'], (plugin_version) => ({
    title: `plugin ${plugin_version} reads the newest form`,
    state: encrypted,
    steps: [
      {
        body: of(plugin_version),
        offered: '1.0.0',
        holds: { checksum: v3, session_key, manifest: [{ file_hash: v3 }] },
        lacks: ['sessionKey'],
      },
    ],
  })),
  ...each('K6', ['7.29.0', '7.25.0', '6.29.9'], (plugin_version) => ({
    title: `plugin ${plugin_version} reads the form before`,
    state: encrypted,
    steps: [{ body: of(plugin_version), offered: '1.0.0', holds: { checksum: v2, manifest: [{ file_hash: v2 }] } }],
  })),
  {
    id: 'K6.one',
    title: 'a bundle with one form has no other to choose',
    state: { bundles: { '1.0.0': { checksum: v3, session_key } } },
    steps: [{ body: of('7.29.0'), offered: '1.0.0', holds: { checksum: v3 } }],
  },
  ...each('K8', ['0.0.1', '0.0.6'], (plugin_version) => ({
    title: `Electron ${plugin_version} cannot install an encrypted bundle, with or without a key`,
    state: encrypted,
    steps: ['', 'MIIBCgKCAQEAdevice00'].map((key_id) => ({
      body: of(plugin_version, { platform: 'electron', key_id }),
      refused: 'encryption_not_supported/blocked',
      holds: { version: '1.0.0', old: '1.1.0' },
    })),
  })),
  {
    id: 'K8.clear',
    title: 'but a clear one',
    steps: [{ body: of('0.0.1', { platform: 'electron', key_id: 'MIIBCgKCAQEAdevice00' }), offered: '1.0.0' }],
  },
  {
    id: 'K8.later',
    title: 'a later Electron looks for the key under its own name',
    state: encrypted,
    steps: [
      {
        body: of('0.1.0', { platform: 'electron' }),
        offered: '1.0.0',
        holds: { session_key, sessionKey: session_key },
      },
    ],
  },
  ...each('K9', ['8.51.23', '7.0.2', '6.14.28', '5.43.3'], (plugin_version) => ({
    title: `a clear zip has its SHA-256 for plugin ${plugin_version}`,
    state: clear('0000beef'),
    steps: [{ body: of(plugin_version), offered: '1.0.0', holds: { checksum: sha256, session_key: '' } }],
  })),
  ...each('K11', ['5.9.5', '7.0.1', '10.0.0', '9.0.0', '6.14.27'], (plugin_version) => ({
    title: `plugin ${plugin_version} reckons CRC32`,
    state: clear('0000beef'),
    steps: [
      { body: of(plugin_version), offered: '1.0.0', holds: { checksum: '0000beef' } },
      { change: clear(null), body: of(plugin_version), offered: '1.0.0', lacks: ['checksum'] },
    ],
  })),
  ...each(
    'K12',
    [
      { plugin_version: '8.40.8', action: 'checksum_fail' },
      { plugin_version: '8.51.14', action: 'checksum_fail', platform: 'ios', version_name: '1.0.0' },
      { plugin_version: '8.51.14', action: 'unzip_fail' },
      { plugin_version: '8.51.23', action: 'decrypt_fail', version_name: '1.0.0' },
      { plugin_version: '8.51.23', action: 'finish_download_fail', version_name: '1.0.0' },
      { plugin_version: '8.51.23', action: 'download_manifest_checksum_fail', version_name: '1.0.0:index.html' },
    ],
    ({ plugin_version, action, platform = 'android', version_name = '1.1.0' }) => {
      const phone = (change: Record<string, unknown> = {}) =>
        of(plugin_version, { platform, defaultChannel: 'secret', ...change });
      return {
        title: `no key for an encrypted bundle, told by ${action} of ${platform} ${plugin_version}`,
        state: secret('1.0.0'),
        steps: [
          { body: phone(), offered: '1.0.0' },
          report(phone({ action, version_name })),
          {
            change: {},
            body: phone(),
            refused: 'encryption_not_supported/blocked',
            holds: { version: '1.0.0', old: '1.1.0', message: expect.stringContaining('holds no key') },
          },
          { body: phone({ device_id: otherDevice }), offered: '1.0.0' },
          { body: phone({ key_id: 'MIIBCgKCAQEAdevice00' }), offered: '1.0.0' },
          { change: secret('1.0.1'), body: phone(), offered: '1.0.1' },
        ],
      };
    },
  ),
  ...each(
    'K12.not',
    [
      { plugin_version: '8.40.7', action: 'checksum_fail', why: 'it tells of no key that could be compared' },
      { plugin_version: '8.51.14', action: 'download_fail', why: 'the network failed' },
      { plugin_version: '8.51.14', action: 'insufficient_disk_space', why: 'the disk was full' },
    ],
    ({ plugin_version, action, why }) => ({
      title: `plugin ${plugin_version} reports ${action}: ${why}`,
      state: encrypted,
      steps: [
        { body: of(plugin_version), offered: '1.0.0' },
        report(of(plugin_version, { action })),
        { change: {}, body: of(plugin_version), offered: '1.0.0' },
      ],
    }),
  ),
  ...each(
    'K13',
    [
      { plugin_version: '8.51.23', action: 'session_key_required' },
      { plugin_version: '8.51.23', action: 'session_key_required', platform: 'ios' },
      { plugin_version: '8.51.24', action: 'checksum_fail' },
      { plugin_version: '8.51.14', action: 'checksum_fail', platform: 'ios', version_name: '1.0.0' },
    ],
    ({ plugin_version, action, platform = 'android', version_name = '1.1.0' }) => {
      const key_id = 'MIIBCgKCAQEAdevice00';
      const phone = (change: Record<string, unknown> = {}) =>
        of(plugin_version, { platform, defaultChannel: 'clear', key_id, ...change });
      return {
        title: `a key and a clear bundle, told by ${action} of ${platform} ${plugin_version}`,
        state: plain('1.0.0'),
        steps: [
          { body: phone(), offered: '1.0.0' },
          report(phone({ action, version_name })),
          {
            change: {},
            body: phone(),
            refused: 'encryption_required/blocked',
            holds: { version: '1.0.0', old: '1.1.0' },
          },
          { body: phone({ device_id: otherDevice }), offered: '1.0.0' },
          { body: phone({ key_id: 'MIIBCgKCAQEAanother0' }), offered: '1.0.0' },
          { body: phone({ key_id: undefined }), offered: '1.0.0' },
          { change: plain('1.0.1'), body: phone(), offered: '1.0.1' },
        ],
      };
    },
  ),
  {
    id: 'K13.android',
    title:
      'Android took clear bundles before 8.51.23, whatever key it held: a bad download may go better the next time',
    steps: [
      { body: of('8.51.14', { key_id: 'MIIBCgKCAQEAdevice00' }), offered: '1.0.0' },
      report(of('8.51.14', { key_id: 'MIIBCgKCAQEAdevice00', action: 'checksum_fail' })),
      { change: {}, body: of('8.51.14', { key_id: 'MIIBCgKCAQEAdevice00' }), offered: '1.0.0' },
    ],
  },
];
