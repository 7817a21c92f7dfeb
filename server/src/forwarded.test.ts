import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from './config.ts';
import { ForwardedWatch } from './forwarded.ts';

const from = (remoteAddress: string, forwarded?: string) =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

test.each([
  [false, '127.0.0.1', true],
  [true, '203.0.113.9', false],
  ['loopback', '127.0.0.1', false],
  ['loopback', '::1', false],
  ['loopback', '203.0.113.9', true],
  ['10.0.0.0/8, 192.0.2.1', '10.9.8.7', false],
  ['10.0.0.0/8, 192.0.2.1', '192.0.2.2', true],
])('with %s, a peer at %s is ignored: %s', (setting, peer, isIgnored) => {
  const watch = new ForwardedWatch(setting, () => undefined);
  expect(watch.ignores(from(peer, '198.51.100.7'))).toBe(isIgnored);
  expect(watch.ignores(from(peer))).toBe(false);
});

test('the owner is warned once', () => {
  const warned: string[] = [];
  const watch = new ForwardedWatch(false, (peer) => warned.push(peer));
  for (const request of [from('10.0.0.1'), from('::ffff:10.0.0.2', 'x'), from('10.0.0.3', 'x')]) watch.look(request);
  expect(warned).toEqual(['10.0.0.2']);
});

test('who has gone before it is answered still has an address', async () => {
  const watch = new ForwardedWatch(false, () => undefined);
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const asked = once(server, 'request');
  const phone = connect((server.address() as AddressInfo).port, '127.0.0.1');
  phone.on('error', () => undefined).write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [request] = (await asked) as [IncomingMessage];
  watch.look(request);
  request.socket.destroy();
  await once(request.socket, 'close');
  expect(watch.addressOf(request)).toBe('127.0.0.1');
});

test('a setting that names no address is refused, with what it may be', () => {
  const env = { OVERAIR_TRUST_PROXY: 'my-proxy', OVERAIR_SECRET: 'x'.repeat(16) };
  expect(() => loadConfig(env)).toThrow(/OVERAIR_TRUST_PROXY must be addresses or networks.*not "my-proxy"/);
});
