// Connections that browsers and load balancers open ahead, and on which nothing was asked yet: Node counts them as busy for a
// minute, so that a server that stops would wait for them.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Returns what ends those that are open. */
export function watchUnusedConnections(server: Pick<Server, 'on'>): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
