// A way through which a test's connections to a server go, for tests of networks that fail.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Can swallow everything, in both directions, on old connections and new ones, without hanging up. */
export async function openTcpWay(target: URL) {
  let isOpen = true;
  const sockets = new Set<Socket>();
  const way = createServer((socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => isOpen && to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  Object.assign(url, { hostname: '127.0.0.1', port: String((way.address() as AddressInfo).port) });
  return {
    url: url.href,
    swallow: (all: boolean) => {
      isOpen = !all;
    },
    hangUp() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      this.hangUp();
      way.close();
    },
  };
}
