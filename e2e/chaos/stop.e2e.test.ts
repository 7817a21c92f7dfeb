// A server that is told to stop, at the moments when that is awkward.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startServer, temporaryFolder } from '../processes.ts';

const folders: { remove(): Promise<void> }[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

test('told to stop while it still makes its queues, it ends cleanly and starts again', async () => {
  const folder = await temporaryFolder('stop');
  folders.push(folder);
  const first = await startServer({ dataDir: folder.path });
  expect(await first.stop()).toBe(0);
  expect(first.output()).not.toMatch(/fatal|could not|error/i);
  const second = await startServer({ dataDir: folder.path });
  expect(await second.stop()).toBe(0);
  expect(second.output()).not.toMatch(/fatal|could not|error/i);
});

/** Connections as they are open when a server is told to stop, each to be closed by it. */
const connections: Record<string, (port: number) => Promise<Socket>> = {
  'never asked anything': (port) => open(port, ''),
  'was answered and is kept': async (port) => {
    const socket = await open(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    return socket;
  },
  'sent half a request': (port) => open(port, 'POST /updates HTTP/1.1\r\nhost: x\r\ncontent-le'),
  'sends a body that never ends': (port) =>
    open(port, 'POST /updates HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"app_id":'),
};

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'on %s it ends with 0 although connections are open, and closes them',
  async (signal) => {
    const folder = await temporaryFolder('stop');
    folders.push(folder);
    const server = await startServer({ dataDir: folder.path });
    const port = Number(new URL(server.url).port);
    const sockets = await Promise.all(Object.values(connections).map((make) => make(port)));
    const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    expect(await server.stop(signal)).toBe(0);
    await closed;
    expect(server.output()).not.toMatch(/fatal|could not|error/i);
  },
);
