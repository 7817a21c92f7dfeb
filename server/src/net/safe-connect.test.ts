import { describe, expect, test } from 'vitest';
import { BlockedAddressError, isPublicAddress, publicLookup, refuseUrl } from './safe-connect.ts';

const addresses: readonly (readonly [string, boolean])[] = [
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.32.0.1', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['198.18.0.1', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fc00::1', false],
  ['fd12:3456::1', false],
  ['ff02::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['::127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:db8::1', false],
  ['not an address', false],
];

describe('isPublicAddress', () => {
  test.each(addresses)('%s is public: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

test('the lookup hands out no private address, singly or as a list', async () => {
  for (const all of [true, false]) {
    const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve));
    expect(error).toBeInstanceOf(BlockedAddressError);
    expect((error as Error).message).not.toMatch(/127\.|::1/);
  }
});

test.each([
  ['https://example.com/hook', undefined],
  ['http://example.com/hook', 'is not an https URL'],
  ['ftp://example.com', 'is not an https URL'],
  ['https://user:pw@example.com/', 'contains credentials'],
  ['https://127.0.0.1/x', 'points to a non-public address'],
  ['https://2130706433/x', 'points to a non-public address'],
  ['https://[::1]/x', 'points to an IPv6 non-public address'],
  ['https://localhost/x', 'names a host of a private network'],
  ['https://intranet/x', 'names a host of a private network'],
  ['/relative', 'is not an absolute URL'],
  [`https://example.com/${'x'.repeat(1024)}`, 'is longer than 1024 characters'],
])('refuseUrl(%s)', (url, reason) => {
  expect(refuseUrl(url)).toBe(reason);
});
