import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { StartError } from '../errors.ts';
import { loadProviderNetworks } from './provider-networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'overair-networks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const own = loadProviderNetworks();

function fileOf(text: string): string {
  const path = join(folder, 'networks.json');
  writeFileSync(path, text);
  return path;
}

test.each([
  ['17.5.6.7', 'apple'],
  ['::ffff:17.5.6.7', 'apple'],
  ['2620:149:af0::10', 'apple'],
  ['66.249.66.1', 'google'],
  ['74.125.255.255', 'google'],
  ['2607:f8b0:4004:800::200e', 'google'],
  ['74.126.0.0', undefined],
  ['16.255.255.255', undefined],
  ['127.0.0.1', undefined],
  ['::1', undefined],
  ['2001:db8::1', undefined],
  ['not an address', undefined],
  ['', undefined],
])('%s is of %s', (ip, provider) => {
  expect(own.of(ip)).toBe(provider);
  expect(own.of(ip), 'from memory').toBe(provider);
});

test('a file of the owner replaces the list', () => {
  const file = fileOf(
    '{"huawei": {"source": "its page", "date": "2026-11-01", "ranges": ["192.0.2.0/24", "2001:db8::/32"]}}',
  );
  const networks = loadProviderNetworks(file);
  expect(['192.0.2.9', '2001:db8::5', '17.5.6.7'].map((ip) => networks.of(ip))).toEqual([
    'huawei',
    'huawei',
    undefined,
  ]);
  expect(loadProviderNetworks(fileOf('{}')).of('17.5.6.7')).toBeUndefined();
});

const google = (change: object) =>
  JSON.stringify({ google: { source: 's', date: '2026-11-01', ranges: [], ...change } });

test.each([
  ['no JSON', '{"google"', /JSON/],
  ['a list', '[]', /must be an object of providers/],
  ['a name in capitals', '{"Google": {}}', /"Google" is not a provider's name/],
  ['no facts', '{"google": ["192.0.2.0/24"]}', /"google" must be an object with source, date and ranges/],
  ['no source', google({ source: '' }), /"google" must name its source/],
  ['no date', google({ date: 'yesterday' }), /the date of "google" must be like/],
  ['no ranges', google({ ranges: '192.0.2.0/24' }), /the ranges of "google" must be a list/],
  ['an address', google({ ranges: ['192.0.2.1'] }), /"192\.0\.2\.1" is not a network/],
  ['too many bits', google({ ranges: ['192.0.2.0/33'] }), /"192\.0\.2\.0\/33" is not a network/],
  ['a name', google({ ranges: ['google.com/24'] }), /"google\.com\/24" is not a network/],
])('a file with %s stops the start and says why', (_what, text, reason) => {
  const path = fileOf(text);
  const load = () => loadProviderNetworks(path);
  expect(load).toThrow(StartError);
  expect(load).toThrow(reason);
  expect(load).toThrow(`OVERAIR_PROVIDER_NETWORKS=${path}`);
});

test('a file that is not there stops the start', () => {
  expect(() => loadProviderNetworks(join(folder, 'missing.json'))).toThrow(StartError);
});
