// Whether a request comes from a store's own machines, which run apps to review them and skew every statistic.
// The networks are those that Google names for its own services (not for its cloud's customers) and Apple's.

import { BlockList, isIPv6 } from 'node:net';

export type Provider = 'google' | 'apple';

const networks: Record<Provider, readonly string[]> = {
  google: [
    '35.190.247.0/24',
    '64.233.160.0/19',
    '66.102.0.0/20',
    '66.249.64.0/19',
    '72.14.192.0/18',
    '74.125.0.0/16',
    '108.177.8.0/21',
    '108.177.96.0/19',
    '142.250.0.0/15',
    '172.217.0.0/16',
    '173.194.0.0/16',
    '209.85.128.0/17',
    '216.58.192.0/19',
    '216.239.32.0/19',
    '2001:4860:4000::/36',
    '2404:6800:4000::/36',
    '2607:f8b0:4000::/36',
    '2800:3f0:4000::/36',
    '2a00:1450:4000::/36',
    '2c0f:fb50:4000::/36',
  ],
  apple: ['17.0.0.0/8', '2403:300::/32', '2620:149::/32', '2a01:b740::/32'],
};

const lists = Object.entries(networks).map(([provider, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return { provider: provider as Provider, list };
});

const maxRemembered = 10_000;
const remembered = new Map<string, Provider | undefined>();

/** `ip` as the socket or a trusted proxy names it; IPv4 within IPv6 counts as IPv4. */
export function providerOf(ip: string): Provider | undefined {
  if (remembered.has(ip)) return remembered.get(ip);
  const plain = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip;
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
  const found = lists.find(({ list }) => list.check(plain, family))?.provider;
  if (remembered.size >= maxRemembered) remembered.clear();
  if (ip.length <= 64) remembered.set(ip, found);
  return found;
}
