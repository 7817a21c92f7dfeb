// What the embedded database is to the pool that hands out its one connection: PGlite itself, or PGlite in a thread.

export interface EngineResult {
  rows: Record<string, unknown>[];
  /** Of statements that change rows. */
  affectedRows?: number;
}

export interface Engine {
  /** Several statements, without values. */
  exec(text: string): Promise<EngineResult[]>;
  query(text: string, values?: unknown[]): Promise<EngineResult>;
  /** Calls `onPayload` before the statement that notified is answered. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<unknown>;
  close(): Promise<void>;
  /** Lets go of it as a crash would. Only a thread can be left like that. */
  abandon?(): Promise<unknown>;
}

/** After one of these nothing is answered any more, until the server is started again. */
export class EngineFailed extends Error {}

/** A failed sync may have dropped the bytes, and a second one would succeed all the same: only a new start tells what is there. */
export class SyncFailed extends EngineFailed {
  constructor(cause: unknown) {
    super('The disk did not keep what was written to the database', { cause });
  }
}
