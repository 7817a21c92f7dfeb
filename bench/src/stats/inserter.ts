// Starts the baseline process and tells it when to run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeCommand } from '../machine.ts';
import type { Store } from '../store.ts';

export interface Inserter {
  /** Inserts for so long and returns the rows committed per second. */
  insert(seconds: number): Promise<number>;
  stop(): Promise<void>;
}

export async function openInserter(store: Store): Promise<Inserter> {
  const file = fileURLToPath(new URL('./insert.ts', import.meta.url));
  const [command, args] = nodeCommand('server', ['--conditions=source', file]);
  const child = spawn(command, args, {
    env: { ...process.env, ...store.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    async insert(seconds) {
      child.send({ seconds });
      const [turn] = (await once(child, 'message')) as [{ rows: number; seconds: number }];
      return turn.rows / turn.seconds;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
