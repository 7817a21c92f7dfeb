// The feature matrix of the client generations, at each of its borders (docs/protocol/device.md §2, §3.6, §4.7, §7.3).

import { describe, expect, test } from 'vitest';
import { type Client, clientOf } from './client.ts';

const android = (version: string): Client => clientOf('android', version);

/** Feature → plugin version → what it is there. */
const borders: { [K in keyof Client]?: Record<string, Client[K]> } = {
  supported: { '3.3.0': true, '4.0.0': false, '4.999.9': false, '5.0.0': true, '4.0.0-beta.1': false },
  builtin: { '5.43.3': false, '6.1.9': false, '6.2.0-beta.1': false, '6.2.0': true, '7.0.0': true, '8.51.14': true },
  manifest: {
    '5.9.5': false,
    '5.10.0-beta.1': false,
    '5.10.0': true,
    '6.24.9': false,
    '6.25.0': true,
    '7.0.34': false,
    '7.0.35-alpha.1': false,
    '7.0.35': true,
    '8.0.0-rc.1': false,
    '8.0.0': true,
    '9.0.0': true,
    '0.0.1': true,
  },
  refusesClearBundles: {
    '5.43.3': false,
    '7.51.21': false,
    '8.51.22': false,
    '8.51.23': true,
    '10.0.0': false,
    '11.0.0': true,
  },
  persistsAnsweredChannel: {
    '4.15.0': false,
    '5.49.9': false,
    '5.50.0': true,
    '6.50.0-beta.1': false,
    '6.50.0': true,
    '7.45.10': false,
    '7.51.21': true,
    '8.47.8': false,
    '8.47.9': true,
    '9.0.0': false,
    '10.0.0': false,
    '11.0.0': true,
    '': false,
    unparsable: false,
  },
  metadata: {
    '5.34.9': false,
    '5.35.0': true,
    '6.34.9': false,
    '6.35.0': true,
    '7.34.9': false,
    '7.35.0': true,
    '8.34.9': false,
    '8.35.0-beta.1': false,
    '8.35.0': true,
  },
  digest: {
    '5.9.5': 'crc32',
    '5.43.3': 'sha256',
    '6.14.27': 'crc32',
    '6.14.28': 'sha256',
    '7.0.0': 'crc32',
    '7.0.1': 'crc32',
    '7.0.2': 'sha256',
    '8.2.0': 'sha256',
    '9.0.0': 'crc32',
    '10.0.0': 'crc32',
    '11.0.0': 'sha256',
  },
  encryption: {
    '5.9.5': 'none',
    '5.29.9': 'v2',
    '5.30.0': 'v3',
    '6.1.16': 'none',
    '6.1.17': 'v2',
    '6.29.9': 'v2',
    '6.30.0': 'v3',
    '7.0.1': 'none',
    '7.0.2': 'v2',
    '7.29.9': 'v2',
    '7.30.0-beta.1': 'v2',
    '7.30.0': 'v3',
    '8.0.0': 'v3',
    '9.0.0': 'none',
    '10.0.0': 'none',
  },
  comparesKeys: { '7.50.1': false, '8.40.7': false, '8.40.8-beta.1': true, '8.40.8': true, '8.51.14': true },
  storesChannel: {
    '5.33.9': false,
    '5.34.0': true,
    '6.33.9': false,
    '6.34.0': true,
    '7.33.9': false,
    '7.34.0-beta.1': false,
    '7.34.0': true,
    '8.0.0': true,
    '9.0.0': true,
    '4.0.0': true,
    '': true,
    ' ': true,
    unparsable: false,
  },
  latchesOn429: {
    '5.9.5': false,
    '5.43.3': true,
    '5.51.0': false,
    '6.14.27': false,
    '6.14.28': true,
    '6.50.9': true,
    '6.51.16': false,
    '7.23.7': false,
    '7.23.8': true,
    '7.50.9': true,
    '7.51.0': false,
    '8.2.0': true,
    '8.51.4': true,
    '8.51.5': false,
    '9.0.0': false,
    unparsable: false,
  },
  reportsRefusalAsFailure: {
    '5.9.5': true,
    '5.38.9': true,
    '5.39.0': false,
    '6.14.24': true,
    '6.14.25': false,
    '6.25.4': false,
    '6.25.5': true,
    '6.25.8': true,
    '6.25.9': false,
    '7.16.9': true,
    '7.17.0': false,
    '7.27.4': false,
    '7.27.5': true,
    '7.27.9': true,
    '7.27.10': false,
    '8.2.0': false,
    '10.0.0': true,
    '0.0.1': false,
    unparsable: true,
  },
};

for (const [feature, values] of Object.entries(borders)) {
  describe(feature, () => {
    test.each(Object.entries(values))('%s: %s', (version, expected) => {
      expect(android(version)[feature as keyof Client]).toBe(expected);
    });
  });
}

test('Electron counts as the newest generation, without a store bundle to go back to', () => {
  expect(clientOf('electron', '0.0.1')).toEqual({
    supported: true,
    builtin: false,
    manifest: true,
    metadata: true,
    digest: 'sha256',
    encryption: 'none',
    comparesKeys: true,
    refusesClearBundles: false,
    storesChannel: true,
    persistsAnsweredChannel: false,
    electron: true,
    latchesOn429: false,
    reportsRefusalAsFailure: false,
    shape: 'sha256 none true true',
    shapeWithManifest: 'sha256 none true true manifest',
  });
});

test.each([
  ['0.0.1', 'none'],
  ['0.0.6', 'none'],
  ['0.0.7', 'v3'],
  ['8.51.14', 'v3'],
])('Electron %s reads encryption %s', (version, encryption) =>
  expect(clientOf('electron', version).encryption).toBe(encryption),
);

test('platforms with one plugin version are not mixed up', () => {
  expect(clientOf('android', '0.0.1').electron).toBe(false);
  expect(clientOf('electron', '0.0.1').electron).toBe(true);
  expect(clientOf('ios', '7.0.0')).toEqual(clientOf('android', '7.0.0'));
});
