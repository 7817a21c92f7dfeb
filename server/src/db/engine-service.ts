// The end of the database's thread: does what the server asks, one call after the other.

import { parentPort } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import { packError, type Reply, type Request } from './engine-messages.ts';

/** Until the server ends the thread. */
export async function serveEngine(opening: Promise<Engine>): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this is a thread of the server, not a program');
  const say = (reply: Reply) => port.postMessage(reply);
  const engine = await opening.catch((error: unknown) => say({ kind: 'error', error: packError(error) }));
  if (!engine) return;
  port.on('message', async (request: Request) => {
    try {
      say({ kind: 'result', id: request.id, result: await answer(engine, request, say) });
    } catch (error) {
      say({ kind: 'error', id: request.id, error: packError(error) });
    }
  });
  say({ kind: 'opened' });
}

async function answer(engine: Engine, request: Request, say: (reply: Reply) => void): Promise<unknown> {
  switch (request.call) {
    case 'exec':
      return (await engine.exec(request.text)).map(plain);
    case 'query':
      return plain(await engine.query(request.text, request.values));
    case 'listen': {
      const { channel } = request;
      return void (await engine.listen(channel, (payload) => say({ kind: 'notification', channel, payload })));
    }
    case 'close':
      return engine.close();
  }
}

/** Without the descriptions of columns, which nobody reads. */
const plain = ({ rows, affectedRows }: Awaited<ReturnType<Engine['query']>>) => ({ rows, affectedRows });
