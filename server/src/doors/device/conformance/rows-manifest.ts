// Who is offered a list of files, and what a delta costs (docs/protocol/device.md §12.3, as far as no bytes travel).

import { expect } from 'vitest';
import { ask, each, type Row, type State } from './row.ts';

const hash = (digit: string): string => digit.repeat(64);
const entry = (file_name: string, digit: string, size = 1) => ({
  file_name,
  file_hash: hash(digit),
  object_sha256: hash(digit),
  size,
});
const manifest = [entry('index.html', 'a', 100), entry('assets/app.js.br', 'b', 2_000)];
const listed: State = { bundles: { '1.0.0': { manifest } } };
const listOnly: State = { bundles: { '1.0.0': { manifest, object_sha256: null, storage_provider: 'none' } } };
const sends = (update_package: string): State => ({ channels: { production: { update_package } } });
const old = (plugin_version: string, change: Record<string, unknown> = {}) =>
  ask({ version_name: '1.1.0', plugin_version, ...change });

const offeredManifest = [
  {
    file_name: 'assets/app.js.br',
    file_hash: hash('b'),
    download_url: expect.stringMatching(/^https?:\/\/.+\/app\.js\.br/),
  },
  { file_name: 'index.html', file_hash: hash('a'), download_url: expect.stringMatching(/^https?:\/\/.+\/index\.html/) },
];

export const manifestRows: readonly Row[] = [
  ...each('M1', ['6.25.0', '7.1.0', '7.0.35', '5.10.0', '8.0.0', '8.51.14', '10.0.0'], (plugin_version) => ({
    title: `plugin ${plugin_version} reads the list of files`,
    state: listed,
    steps: [{ body: old(plugin_version), offered: '1.0.0', holds: { manifest: offeredManifest } }],
  })),
  {
    id: 'M1.electron',
    title: 'Electron reads it too, and the zip first',
    state: listed,
    steps: [
      {
        body: old('0.0.1', { platform: 'electron' }),
        offered: '1.0.0',
        holds: { manifest: offeredManifest, url: expect.stringContaining('.zip') },
      },
    ],
  },
  ...each('M2', ['6.24.9', '7.0.34', '5.9.5', '7.0.35-beta.1', '8.0.0-rc.1'], (plugin_version) => ({
    title: `plugin ${plugin_version} does not`,
    state: listed,
    steps: [{ body: old(plugin_version), offered: '1.0.0', lacks: ['manifest'] }],
  })),
  {
    id: 'M3',
    title: 'a bundle without files has no list, not an empty one',
    steps: [{ body: old('8.51.14'), offered: '1.0.0', lacks: ['manifest'] }],
  },
  {
    id: 'M4',
    title: 'a list without a zip still has a URL',
    state: listOnly,
    steps: [{ body: old('8.51.14'), offered: '1.0.0', holds: { manifest: offeredManifest } }],
  },
  ...each('M5', [old('6.10.0'), old('7.0.34'), old('0.0.1', { platform: 'electron' })], (body) => ({
    title: `a list without a zip is nothing for plugin ${body['plugin_version']} on ${body['platform']} (ours)`,
    state: listOnly,
    steps: [{ body, refused: 'no_bundle_url/failed' }],
  })),
  {
    id: 'M11',
    title: 'what a channel sends: the zip alone, or a list only to some',
    state: { ...listed, ...sends('zip') },
    steps: [
      { body: old('8.51.14'), offered: '1.0.0', lacks: ['manifest'] },
      { change: sends('delta'), body: old('8.51.14'), holds: { manifest: offeredManifest } },
      { change: sends('zip_from_builtin'), body: old('8.51.14'), holds: { manifest: offeredManifest } },
      {
        change: { channels: { production: { disable_auto_update: 'none', disable_auto_update_under_native: false } } },
        body: old('8.51.14', { version_name: 'builtin', version_build: '3.0.0' }),
        offered: '1.0.0',
        lacks: ['manifest'],
      },
      { change: sends('delta_from_builtin'), body: old('8.51.14'), offered: '1.0.0', lacks: ['manifest'] },
      {
        body: old('8.51.14', { version_name: 'builtin', version_build: '3.0.0' }),
        holds: { manifest: offeredManifest },
      },
    ],
  },
  {
    id: 'M12',
    title: 'the size of a delta',
    state: listed,
    steps: [
      {
        path: '/updates/manifest_size',
        body: ask({
          version: '1.0.0',
          manifest: [
            { file_name: 'index.html', file_hash: hash('a'), download_url: 'https://x.test/a' },
            { file_name: 'index.html', file_hash: hash('a'), download_url: 'https://x.test/a' },
            { file_name: 'assets/app.js.br', file_hash: hash('b'), download_url: 'https://x.test/b' },
            { file_name: 'new.js', file_hash: hash('c'), download_url: 'https://x.test/c' },
            { file_name: 'no hash', download_url: 'https://x.test/d' },
          ],
        }),
        equals: {
          totalSize: 2_100,
          knownFiles: 2,
          unknownFiles: 1,
          files: [
            { file_name: 'index.html', file_hash: hash('a'), download_url: 'https://x.test/a', size: 100 },
            { file_name: 'assets/app.js.br', file_hash: hash('b'), download_url: 'https://x.test/b', size: 2_000 },
            { file_name: 'new.js', file_hash: hash('c'), download_url: 'https://x.test/c', error: 'size_unknown' },
          ],
        },
      },
    ],
  },
  ...each(
    'M12.other',
    [
      { change: { version: '1.0.1' }, known: 0 },
      { change: { version: undefined }, known: 0 },
      { change: { version: '1.0.0', manifest: undefined, files: listOf('a') }, known: 1 },
    ],
    ({ change, known }) => ({
      title: `the size of a delta: ${JSON.stringify(change).slice(0, 40)}`,
      state: listed,
      steps: [
        {
          path: '/updates/manifest_size',
          body: ask({ manifest: listOf('a'), ...change }),
          holds: { knownFiles: known, unknownFiles: 1 - known, totalSize: known * 100 },
        },
      ],
    }),
  ),
  {
    id: 'M12.wrong',
    title: 'the size of a delta is asked with a whole question',
    steps: [
      { path: '/updates/manifest_size', body: {}, status: 400, error: 'invalid_json_body' },
      { path: '/updates/manifest_size', body: ask({ platform: 'x' }), status: 400, error: 'invalid_json_body' },
      { path: '/updates/manifest_size', body: ask({ app_id: 'does.not.exist' }), refused: 'app_not_found/failed' },
    ],
  },
];

function listOf(digit: string) {
  return [{ file_name: 'index.html', file_hash: hash(digit), download_url: 'https://x.test/a' }];
}
