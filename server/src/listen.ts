// Opens the port, on each of the addresses that a name stands for.

import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';

type App = Pick<FastifyInstance, 'listen' | 'addHook' | 'server'>;

/** `localhost` is 127.0.0.1 and ::1 on most machines, and clients try either. */
export async function addressesOf(host: string): Promise<string[]> {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.length > 0 ? found.map(({ address }) => address) : [host];
}

/**
 * Fastify would open a server of its own for the second address, to which nothing applies that is done with `app.server`.
 * Here the others only hand over their connections. One that cannot be opened is left out.
 */
export async function listen(app: App, [first = 'localhost', ...others]: string[], port: number): Promise<void> {
  const more: Server[] = [];
  let ended: Promise<unknown> | undefined;
  app.addHook('preClose', async () => {
    ended = Promise.all(more.map((each) => new Promise((resolve) => each.close(resolve))));
  });
  // After `app.server` has closed, which ends idle connections of all addresses.
  app.addHook('onClose', async () => void (await ended));
  await app.listen({ port, host: first });
  const bound = (app.server.address() as { port: number }).port;
  for (const host of others) {
    const server = createServer({ noDelay: true }, (socket) => app.server.emit('connection', socket));
    const opened = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port: bound, host }, () => resolve(true));
    });
    if (opened) more.push(server);
  }
}
