// Connections that take up a place and bring nothing: some are opened ahead and never asked on, some send a body that drips.

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Between two looks at the bodies that are under way. */
export const LOOK_EVERY_MS = 60_000;
/** Between two looks at the connections of a server that stops. */
const STOPPING_LOOK_MS = 50;
/** What a body has to bring in that time, if it is not there already: 240 bytes a second. */
const LEAST_BYTES = (240 * LOOK_EVERY_MS) / 1_000;

interface Connections {
  /**
   * Ends those that browsers and load balancers opened ahead and on which nothing was asked yet: Node counts them as busy
   * for a minute, so that a server that stops would wait for them.
   */
  endUnused(): void;
  /**
   * From now on ends each as soon as nothing is asked on it; the answer stops that. Fastify says `connection: close` to what
   * begins while it closes; to what began before, neither it nor Node does.
   */
  endIdle(): () => void;
  /** Ends those whose body brought too little since the last look; who was not answered yet hears `tooSlow` first. */
  endSlow(): void;
}

export function watchConnections(
  server: Pick<Server, 'on' | 'closeIdleConnections'>,
  tooSlow: () => string,
): Connections {
  /** With the answer that was begun last. */
  const open = new Map<Socket, ServerResponse | undefined>();
  /** Bytes of the connection at the last look, of answers whose question was still arriving then. */
  let arriving = new Map<ServerResponse, number>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }, response) => open.set(socket, response));
  return {
    endUnused() {
      for (const socket of open.keys()) if (socket.bytesRead === 0) socket.destroy();
    },
    endIdle() {
      const timer = setInterval(() => server.closeIdleConnections(), STOPPING_LOOK_MS);
      return () => clearInterval(timer);
    },
    endSlow() {
      const before = arriving;
      arriving = new Map();
      for (const [socket, response] of open) {
        if (response === undefined || !waitsForClient(response)) continue;
        if (socket.bytesRead - (before.get(response) ?? -LEAST_BYTES) >= LEAST_BYTES) {
          arriving.set(response, socket.bytesRead);
          continue;
        }
        if (!response.headersSent) socket.write(tooSlow());
        socket.destroySoon();
      }
    },
  };
}

/** A body that nobody takes waits for us. */
const waitsForClient = ({ req }: ServerResponse): boolean => !req.complete && req.readableLength === 0;
