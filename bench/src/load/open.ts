// Starts the loader process and tells it when to run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeCommand } from '../machine.ts';
import type { Outcome, Shape } from './shape.ts';

export interface Loader {
  load(port: number, shape: Shape, seconds: number): Promise<Outcome>;
  close(): void;
}

export function openLoader(): Loader {
  const [command, args] = nodeCommand('rest', [fileURLToPath(new URL('./loader.ts', import.meta.url))]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    async load(port, shape, seconds) {
      child.send({ port, shape, seconds });
      const [reply] = (await once(child, 'message')) as [{ outcome?: Outcome; error?: string }];
      if (reply.outcome === undefined) throw new Error(`The loader failed: ${reply.error}`);
      if (reply.outcome.failed > 0) throw new Error(`${reply.outcome.failed} answers were not 200`);
      return reply.outcome;
    },
    close() {
      child.disconnect();
    },
  };
}
