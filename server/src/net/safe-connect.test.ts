import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BlockedAddressError,
  isPublicAddress,
  publicLookup,
  refuseUrl,
  safeDispatcher,
  safePost,
} from './safe-connect.ts';

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

describe('connecting', () => {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    request.resume();
    if (request.url === '/redirect') return response.writeHead(302, { location: '/target' }).end();
    if (request.url === '/endless') return response.end('x'.repeat(64 * 1024));
    response.end('ok');
  });
  let port = 0;
  const guarded = safeDispatcher();
  const open = safeDispatcher({ allowPrivate: true });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await Promise.all([guarded.close(), open.close()]);
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'])(
    'a request to %s is refused before it leaves',
    async (host) => {
      const before = hits;
      await expect(safePost(guarded, `http://${host}:${port}/`, {}, '')).rejects.toThrow(BlockedAddressError);
      expect(hits).toBe(before);
    },
  );

  test('private addresses pass when the owner allows them', async () => {
    expect(await safePost(open, `http://127.0.0.1:${port}/`, {}, 'x')).toMatchObject({ status: 200, body: 'ok' });
  });

  test('a redirect is an answer, not a path', async () => {
    const before = hits;
    expect(await safePost(open, `http://127.0.0.1:${port}/redirect`, {}, 'x')).toMatchObject({ status: 302 });
    expect(hits).toBe(before + 1);
  });

  test('an endless answer is cut off', async () => {
    await expect(safePost(open, `http://127.0.0.1:${port}/endless`, {}, 'x')).rejects.toThrow();
  });

  test('the lookup hands out no private address, singly or as a list', async () => {
    for (const all of [true, false]) {
      const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve));
      expect(error).toBeInstanceOf(BlockedAddressError);
    }
  });
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
