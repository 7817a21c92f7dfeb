// The last guard of a process that phones depend on: a promise that failed and that nobody waits for does not end it.

import type { Log } from './log.ts';

/**
 * Node would end the process, and every phone would wait for its next start because one task failed, with nothing wrong in any
 * other. An exception that nobody catches still ends it: that one cut short a turn of the event loop, and nobody knows what it left
 * undone.
 */
export function outliveRejections(process: Pick<NodeJS.Process, 'on'>, log: Pick<Log, 'error'>): void {
  process.on('unhandledRejection', (reason) => {
    log.error(
      { err: reason },
      'a promise failed that nobody waits for: this is a fault of the program, please report it',
    );
  });
}
