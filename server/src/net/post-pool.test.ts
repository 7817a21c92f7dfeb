import { createServer, type Server } from 'node:http';
import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loopbackCertificate, loopbackKey } from '../testing/loopback-certificate.ts';
import { openTcpWay } from '../testing/tcp-way.ts';
import { PostPool } from './post-pool.ts';
import { BlockedAddressError } from './safe-connect.ts';

const tls = { key: loopbackKey, cert: loopbackCertificate };
const open = new PostPool({ allowPrivate: true, ca: loopbackCertificate });
const guarded = new PostPool({ ca: loopbackCertificate });
afterAll(async () => {
  await Promise.all([open.close(), guarded.close()]);
});

const post = (url: string, body = 'x', timeoutMs?: number) => open.post(new URL(url), {}, body, timeoutMs);

async function listen(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a host of HTTP/1.1', () => {
  let hits = 0;
  const plain = createServer((request, response) => {
    hits += 1;
    request.resume();
    if (request.url === '/redirect') return response.writeHead(302, { location: '/target' }).end();
    if (request.url === '/endless') return response.end('x'.repeat(64 * 1024));
    if (request.url === '/silent') return;
    response.end('ok');
  });
  const secure = createTlsServer(tls, (request, response) => {
    request.resume();
    response.end(`HTTP/${request.httpVersion} ${request.url}`);
  });
  let port = 0;
  let securePort = 0;
  beforeAll(async () => {
    port = await listen(plain);
    securePort = await listen(secure);
  });
  afterAll(async () => {
    plain.closeAllConnections();
    secure.closeAllConnections();
    await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
  });

  test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'])(
    'a request to %s is refused before it leaves',
    async (host) => {
      const before = hits;
      for (const scheme of ['http', 'https']) {
        const url = new URL(`${scheme}://${host}:${port}/`);
        await expect(guarded.post(url, {}, '')).rejects.toThrow(BlockedAddressError);
      }
      expect(hits).toBe(before);
    },
  );

  test('private addresses pass when the owner allows them', async () => {
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, body: 'ok' });
  });

  test('a redirect is an answer, not a path', async () => {
    const before = hits;
    expect(await post(`http://127.0.0.1:${port}/redirect`)).toMatchObject({ status: 302 });
    expect(hits).toBe(before + 1);
  });

  test('an endless answer is cut off', async () => {
    await expect(post(`http://127.0.0.1:${port}/endless`)).rejects.toThrow();
  });

  test('a host that says nothing is not waited for', async () => {
    await expect(post(`http://127.0.0.1:${port}/silent`, 'x', 100)).rejects.toThrow(/timeout/);
  });

  test('is found out, and spoken to as it wants', async () => {
    const url = `https://localhost:${securePort}`;
    expect(await post(`${url}?a=1`)).toMatchObject({ status: 200, body: 'HTTP/1.1 /?a=1' });
    expect(await post(`${url}/b#c`)).toMatchObject({ body: 'HTTP/1.1 /b' });
  });
});

describe('a host of HTTP/2', () => {
  const seen: string[] = [];
  const held: ServerHttp2Stream[] = [];
  let connections = 0;
  let origin = '';
  let refusals = 0;
  let act: (stream: ServerHttp2Stream, path: string) => void = () => undefined;
  const server = createSecureServer({ ...tls, settings: { maxConcurrentStreams: 4 } });
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  server.on('session', () => {
    connections += 1;
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    stream.resume();
    const path = String(headers[':path']);
    seen.push(path);
    act(stream, path);
  });
  const answer = (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 201, location: '/m/1' });
    stream.end('fine');
  };
  beforeAll(async () => {
    origin = `https://localhost:${await listen(server)}`;
  });
  beforeEach(() => {
    seen.length = 0;
    held.length = 0;
    connections = 0;
    refusals = 0;
    act = answer;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  test('answers with status, headers and text, and path and query arrive whole', async () => {
    const { status, headers, body } = await post(`${origin}/a?b=c`);
    expect({ status, location: headers.location, body }).toEqual({ status: 201, location: '/m/1', body: 'fine' });
    expect(seen).toEqual(['/a?b=c']);
  });

  test('requests share connections, and more are opened while those are full', async () => {
    const pool = new PostPool({ allowPrivate: true, ca: loopbackCertificate });
    const paths = Array.from({ length: 400 }, (_, index) => `/${index}`);
    const answers = await Promise.all(paths.map((path) => pool.post(new URL(`${origin}${path}`), {}, 'x')));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    await Promise.all(paths.map((path) => pool.post(new URL(`${origin}${path}`), {}, 'x')));
    expect(seen.toSorted()).toEqual([...paths, ...paths].toSorted());
    expect(connections).toBeGreaterThan(1);
    expect(connections).toBeLessThanOrEqual(8);
    await pool.close();
  });

  test('a request that the host refused unseen is sent again', async () => {
    act = (stream) => {
      refusals += 1;
      if (refusals === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answer(stream);
    };
    expect(await post(`${origin}/again`)).toMatchObject({ status: 201 });
    expect(seen).toEqual(['/again', '/again']);
  });

  test('refusals without end become an error', async () => {
    act = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
    await expect(post(`${origin}/never`)).rejects.toMatchObject({ code: 'ERR_UNSENT' });
    expect(seen).toHaveLength(3);
  });

  test('a request that was lost on the way may have arrived, so it is not repeated', async () => {
    act = (stream) => stream.session?.destroy();
    await expect(post(`${origin}/lost`)).rejects.toThrow();
    expect(seen).toEqual(['/lost']);
    act = answer;
    expect(await post(`${origin}/next`)).toMatchObject({ status: 201 });
  });

  test('a host that says go away finishes what it has, and is called anew', async () => {
    act = (stream) => {
      held.push(stream);
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
      act = answer;
    };
    const first = post(`${origin}/before`);
    await expect.poll(() => held.length).toBe(1);
    const afterwards = async () => {
      await post(`${origin}/after`);
      return connections;
    };
    await expect.poll(afterwards).toBe(1);
    answer(held[0] as ServerHttp2Stream);
    expect(await first).toMatchObject({ status: 201 });
  });

  test('a host that says nothing is not waited for, and its connection not used again', async () => {
    act = () => undefined;
    await expect(post(`${origin}/silent`, 'x', 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    act = answer;
    const before = connections;
    expect(await post(`${origin}/next`)).toMatchObject({ status: 201 });
    expect(connections).toBe(before + 1);
  });

  test('a host that went silently is found out before the next message', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const pool = new PostPool({ allowPrivate: true, ca: loopbackCertificate });
    const way = await openTcpWay(new URL(origin));
    try {
      const url = new URL(`https://localhost:${new URL(way.url).port}/1`);
      await pool.post(url, {}, 'x');
      way.swallow(true);
      await vi.advanceTimersByTimeAsync(130_000);
      way.swallow(false);
      expect(await pool.post(url, {}, 'x')).toMatchObject({ status: 201 });
      expect(connections).toBe(2);
    } finally {
      await pool.close();
      vi.useRealTimers();
      way.close();
    }
  });

  test('an endless answer is cut off', async () => {
    act = (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('x'.repeat(64 * 1024));
    };
    await expect(post(`${origin}/endless`)).rejects.toThrow(/longer than 16384 bytes/);
  });
});

test('a host that cannot be reached is an error with a code', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(post(`https://localhost:${port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
