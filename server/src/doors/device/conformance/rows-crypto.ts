// Live-update protocol §12.7, as far as it is the server's part: which form of a checksum goes to which generation.

import { ask, each, type Row, type State } from './row.ts';

const v3 = 'f0'.repeat(256);
const v2 = Buffer.alloc(256, 7).toString('base64');
const sha256 = 'c'.repeat(64);
const session_key = `${Buffer.alloc(16).toString('base64')}:${Buffer.alloc(256).toString('base64')}`;
const file = { file_name: 'index.html', file_hash: v3, file_hash_v2: v2, object_sha256: 'a'.repeat(64) };

const encrypted: State = { bundles: { '1.0.0': { checksum: v3, checksum_v2: v2, session_key, manifest: [file] } } };
const clear = (crc32: string | null): State => ({ bundles: { '1.0.0': { checksum: sha256, crc32 } } });
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
  {
    id: 'K8',
    title: 'Electron looks for the key under its own name',
    state: encrypted,
    steps: [
      {
        body: of('0.0.1', { platform: 'electron' }),
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
];
