// Tells a database that is away from one that objects: what a caller hears is 503 and when to come back.

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';

const RETRY_AFTER_SECONDS = 5;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATE: no connection (08), no connection left, shutting down or starting, and a standby that was not promoted yet. */
const serverCodes = /^(08...|53300|57P0[123]|25006)$/;
/** What `pg` says without a code. */
const clientMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered|was closed))/;

const USUAL_SENTENCE = 'The database does not answer right now, try again in a moment';

export const databaseUnavailable = (cause: unknown, sentence = USUAL_SENTENCE) =>
  new AppError('database_unavailable', 503, sentence, { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause });

export const isUnavailable = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'database_unavailable';

/** The error to throw in place of one that a statement or a connection ended with. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isAway =
    code === undefined ? clientMessages.test(error.message) : networkCodes.has(code) || serverCodes.test(code);
  return isAway ? databaseUnavailable(error) : error;
}

const RETRY_EVERY_MS = 250;

/** Repeats `ask` while the database is away, for up to `withinMs`; then rejects with what it met last. */
export async function outlast<T>(ask: () => Promise<T>, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnavailable(error) || performance.now() >= deadline) throw error;
    }
    await sleep(RETRY_EVERY_MS);
  }
}

/** Rejects with `database_unavailable` when nothing came in time. */
export async function inTime<T>(promise: Promise<T>, withinMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(databaseUnavailable(new Error('no answer in time'))), withinMs);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
