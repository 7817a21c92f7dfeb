// Starts the push service of the bench beside the measured process, on the cores that are left.

import { type ChildProcess, spawn } from 'node:child_process';
import { nodeCommand } from '../machine.ts';
import type { Expectation } from './service.ts';

export interface Service {
  readonly child: ChildProcess;
  readonly port: number;
}

export function startService(): Promise<Service> {
  const [command, args] = nodeCommand('rest', [
    '--conditions=source',
    new URL('./service.ts', import.meta.url).pathname,
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('The push service ended while it started')));
    child.once('message', (message: { port: number }) => resolve({ child, port: message.port }));
  });
}

/** Resolves when so many more messages have come. Call it before they are sent. */
export function expectMessages({ child }: Service, expectation: Expectation): Promise<void> {
  child.send(expectation);
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('The push service ended'));
    child.once('exit', ended);
    child.once('message', () => {
      child.off('exit', ended);
      resolve();
    });
  });
}
