// What travels between the server and the thread of the embedded database.

import { SyncFailed } from './engine.ts';

export type Request =
  | { id: number; call: 'exec'; text: string }
  | { id: number; call: 'query'; text: string; values: unknown[] | undefined }
  | { id: number; call: 'listen'; channel: string }
  | { id: number; call: 'close' };

/** `opened` comes first, everything else in the order in which it happened. */
export type Reply =
  | { kind: 'opened' }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'notification'; channel: string; payload: string }
  /** Without an id: the folder could not be opened. */
  | { kind: 'error'; id?: number; error: SentError };

/** An error that is cloned keeps its words and loses its class and its fields, by which callers tell errors apart. */
export interface SentError {
  message: string;
  stack: string | undefined;
  isSyncFailed: boolean;
  /** `code`, `severity`, `detail`, `constraint` and what else PostgreSQL says; never the values of the statement. */
  fields: Record<string, string | number | boolean>;
  cause?: SentError;
}

export function packError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, isSyncFailed: false, fields: {} };
  const fields = Object.entries(error).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return {
    message: error.message,
    stack: error.stack,
    isSyncFailed: error instanceof SyncFailed,
    fields: Object.fromEntries(fields),
    ...(error.cause !== undefined && { cause: packError(error.cause) }),
  };
}

/** To be called where the statement was awaited: the stack then names who asked, and the cause where it failed. */
export function unpackError({ message, stack, isSyncFailed, fields, cause }: SentError): Error {
  const inThread = cause && unpackError(cause);
  if (isSyncFailed) return new SyncFailed(inThread);
  const error = Object.assign(new Error(message, { cause: inThread }), fields);
  if (stack !== undefined) error.stack = `${error.stack}\n  in the thread of the database: ${stack}`;
  return error;
}
