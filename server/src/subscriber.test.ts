import { expect, test } from 'vitest';
import { networkOf, subscriberOf } from './subscriber.ts';

test.each([
  ['192.0.2.7', '192.0.2', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1', '2001:db8:1:2'],
  ['2001:0DB8:0001:ffff::1', '2001:db8:1', '2001:db8:1:ffff'],
  ['2001:db8::1', '2001:db8:0', '2001:db8:0:0'],
  ['2001:db8::', '2001:db8:0', '2001:db8:0:0'],
  ['::1', '0:0:0', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0', 'fe80:0:0:0'],
  ['', '', ''],
])('%s is of the network %s and of the subscriber %s', (ip, network, subscriber) => {
  expect({ network: networkOf(ip), subscriber: subscriberOf(ip) }).toEqual({ network, subscriber });
});
