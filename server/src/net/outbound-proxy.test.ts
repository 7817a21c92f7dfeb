// Calls to the outside through a forward proxy: what goes there, what never does, and that addresses are still checked.

import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { proxyFor } from './outbound-proxy.ts';
import { PostPool } from './post-pool.ts';

const asked: string[] = [];
let refuses = false;
const target = createServer((request, response) => {
  request.resume();
  response.end(`for ${request.headers.host}`);
});
// Every host that it is asked for is the target.
const proxy = createServer();
proxy.on('connect', (request: IncomingMessage, client) => {
  asked.push(String(request.url));
  client.on('error', () => undefined);
  if (refuses) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const far = connect((target.address() as AddressInfo).port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 ok\r\n\r\n');
    far.pipe(client).pipe(far);
  });
  far.on('error', () => client.destroy());
  client.on('close', () => far.destroy());
});

let url = '';
const pools: PostPool[] = [];
const post = (address: string, options: { allowPrivate?: boolean; none?: string } = {}) => {
  const { allowPrivate = false, none = '' } = options;
  const pool = new PostPool({ allowPrivate, proxies: { http: url, https: url, none }, timeoutMs: 5000 });
  pools.push(pool);
  return pool.post(new URL(address), {}, 'x');
};

beforeAll(async () => {
  for (const server of [target, proxy]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked.length = 0;
  refuses = false;
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  target.closeAllConnections();
  proxy.closeAllConnections();
  await Promise.all([target, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('through a proxy', () => {
  test('a public address is reached', async () => {
    expect(await post('http://93.184.215.14/hook')).toMatchObject({ status: 200, body: 'for 93.184.215.14' });
    expect(asked).toEqual(['93.184.215.14:80']);
  });

  test.each(['10.0.0.1', '127.0.0.1', '169.254.169.254', '[::1]', 'localhost'])(
    '%s is refused before it is asked',
    async (host) => {
      await expect(post(`http://${host}/`)).rejects.toMatchObject({ code: 'ERR_BLOCKED_ADDRESS' });
      expect(asked).toEqual([]);
    },
  );

  test('a name that cannot be looked up here is refused: the proxy might find it in the private network', async () => {
    await expect(post('http://far.invalid/')).rejects.toThrow();
    expect(asked).toEqual([]);
  });

  test('the proxy looks names up where every address is allowed', async () => {
    expect(await post('http://far.invalid/', { allowPrivate: true })).toMatchObject({ body: 'for far.invalid' });
    expect(asked).toEqual(['far.invalid:80']);
  });

  test('this machine is reached directly', async () => {
    const { port } = target.address() as AddressInfo;
    expect(await post(`http://127.0.0.1:${port}/`, { allowPrivate: true })).toMatchObject({ status: 200 });
    expect(asked).toEqual([]);
  });

  test('a refusal of the proxy is an error that names it, without its password', async () => {
    refuses = true;
    await expect(post('http://93.184.215.14/')).rejects.toThrow(/The proxy 127\.0\.0\.1:\d+ answered 403/);
  });
});

test.each([
  ['http:', 'a.example.com', '', 'http://p:1'],
  ['https:', 'a.example.com', '', 'http://s:2'],
  ['https:', 'a.example.com', 'example.com', undefined],
  ['https:', 'a.example.com', '.example.com, b', undefined],
  ['https:', 'badexample.com', 'example.com', 'http://s:2'],
  ['https:', 'a.example.com', '*', undefined],
  ['https:', 'x.localhost', '', undefined],
  ['http:', '127.8.9.1', '', undefined],
  ['http:', '[::1]', '', undefined],
])('%s//%s with NO_PROXY "%s"', (protocol, host, none, expected) => {
  const found = proxyFor({ http: 'http://p:1', https: 'http://s:2', none }, protocol, host);
  expect(found?.origin).toBe(expected);
});
