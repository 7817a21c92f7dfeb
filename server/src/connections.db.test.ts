// Connections that bring nothing, and a name that stands for several addresses.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildApp, tooSlow } from './app.ts';
import { watchConnections } from './connections.ts';
import { addressesOf, listen } from './listen.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

/** Two addresses of this machine, of which not every system has the second. */
const addresses = process.platform === 'linux' ? ['127.0.0.1', '127.0.0.2'] : ['127.0.0.1', '::1'];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function start() {
  const app = await buildApp(server.parts);
  onTestFinished(() => {
    app.server.closeAllConnections();
    return app.close();
  });
  const connections = watchConnections(app.server, tooSlow);
  await listen(app, addresses, 0);
  return { app, connections, port: (app.server.address() as { port: number }).port };
}

function speak(port: number, host: string, text: string): Socket & { heard: string } {
  const socket = Object.assign(connect(port, host), { heard: '' });
  socket.setEncoding('utf8').on('error', () => {});
  socket.on('data', (chunk) => {
    socket.heard += chunk;
  });
  socket.write(text);
  return socket;
}

const half = (path: string, sent: string, length = 60_000) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${sent}`;

test.each(['/updates', '//updates', '/app'])(
  '%s: a body that drips ends, one that comes along does not',
  async (path) => {
    const { app, connections, port } = await start();
    const begin = async (host: string) => {
      const arrived = once(app.server, 'request');
      const socket = speak(port, host, half(path, '{'));
      await arrived;
      return socket;
    };
    const dripping = [await begin(addresses[0]!), await begin(addresses[1]!)];
    const brisk = await begin(addresses[0]!);
    connections.endSlow();
    for (const socket of dripping) socket.write('x');
    await new Promise((done) => brisk.write('x'.repeat(20_000), done));
    // By then the server has read what came before.
    await once(speak(port, addresses[0]!, 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'), 'close');
    const ends = dripping.map((socket) => once(socket, 'close'));
    connections.endSlow();
    await Promise.all(ends);
    for (const { heard } of dripping) expect(heard).toMatch(/^HTTP\/1\.1 408 .*The request took too long to arrive/s);
    expect(brisk.closed).toBe(false);
    brisk.destroy();
  },
);

test('who waits for an answer, or for the next question, is left alone', async () => {
  const { connections, port } = await start();
  const kept = speak(port, addresses[0]!, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(kept, 'data');
  connections.endSlow();
  connections.endSlow();
  kept.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(kept, 'data');
  kept.destroy();
});

test('each address of the name leads to the same server, and is closed with it', async () => {
  const { app, connections, port } = await start();
  const unused = addresses.map((host) => connect(port, host));
  await Promise.all(unused.map((socket) => once(socket, 'connect')));
  for (const host of addresses) {
    const answer = speak(port, host, half('/updates', '{}', 2));
    await once(answer, 'data');
    expect(answer.heard).toMatch(/^HTTP\/1\.1 400 /);
  }
  const ended = unused.map((socket) => once(socket.on('error', () => {}).resume(), 'close'));
  connections.endUnused();
  await Promise.all([...ended, app.close()]);
  const refused = speak(port, addresses[1]!, '');
  const [error] = await once(refused, 'error');
  expect(error.code).toBe('ECONNREFUSED');
});

test.each(['/updates', '/app'])(
  'a question to %s that was under way when the server began to stop is answered, and its connection ended',
  async (path) => {
    const { app, connections, port } = await start();
    // So long that only a test which fails would see the end of it.
    app.server.keepAliveTimeout = 600_000;
    const begun = once(app.server, 'request');
    const asking = speak(port, addresses[0]!, half(path, '{', 2));
    await begun;
    const isClosed = app.close();
    onTestFinished(connections.endIdle());
    asking.write('}');
    await Promise.all([once(asking, 'close'), isClosed]);
    expect(asking.heard).toMatch(/^HTTP\/1\.1 4\d\d /);
  },
);

test('localhost stands for its addresses, everything else for itself', async () => {
  expect(await addressesOf('localhost')).toContain('127.0.0.1');
  expect(await addressesOf('0.0.0.0')).toEqual(['0.0.0.0']);
});
