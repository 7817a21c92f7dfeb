// Whom an address belongs to, for limits: one subscriber has one IPv4 address, and very many of IPv6.

import { isIPv4 } from 'node:net';

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address. As text, for the name of a limit. */
export const subscriberOf = (ip: string): string => {
  const plain = withoutMapping(ip);
  return isIPv4(plain) ? plain : ipv6Prefix(plain, 4);
};

/** What one office or one line usually has: the /24 of an IPv4 address, the /48 of an IPv6 address. */
export function networkOf(ip: string): string {
  const plain = withoutMapping(ip);
  return isIPv4(plain) ? plain.slice(0, plain.lastIndexOf('.')) : ipv6Prefix(plain, 3);
}

const withoutMapping = (ip: string): string => ip.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');

/** The first groups of 16 bits, however the address is written. */
function ipv6Prefix(ip: string, groupCount: number): string {
  const [head = '', tail] = ip.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return all
    .slice(0, groupCount)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
