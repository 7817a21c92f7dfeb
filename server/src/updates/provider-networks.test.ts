import { expect, test } from 'vitest';
import { providerOf } from './provider-networks.ts';

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
  expect(providerOf(ip)).toBe(provider);
  expect(providerOf(ip), 'from memory').toBe(provider);
});
