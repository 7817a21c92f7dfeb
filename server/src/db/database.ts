// What a database is to everybody above it, whatever engine is behind it.

import type { MemoryFS } from '@electric-sql/pglite';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Queries take a `Db` first; a Kysely transaction is one too. */
export type Db = Kysely<Schema>;

export interface QueryResult {
  rows: Record<string, unknown>[];
  rowCount: number;
}

interface QueryOptions {
  /**
   * For a large statement that runs all the time: it is planned once. All its values are text. Behind a pooler that loses
   * prepared statements it is planned each time.
   */
  isPlannedOnce?: boolean;
}

/** One connection. `query` without `values` may hold several statements. */
export interface Connection {
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>;
}

export interface Database {
  readonly engine: 'pglite' | 'postgres';
  readonly db: Db;
  /** One statement on any connection, for the few places where Kysely would only be in the way. */
  query(text: string, values?: readonly unknown[], options?: QueryOptions): Promise<QueryResult>;
  /** Holds one connection for the whole of `use`. On PGlite there is no other: inside, use only this one. */
  withConnection<T>(use: (connection: Connection) => Promise<T>): Promise<T>;
  /**
   * Throws when the caller holds a connection. For work that callers share and that one of them asks the database for:
   * who joins it waits for a connection as well, and only this tells.
   */
  assertNoConnectionHeld(): void;
  /**
   * Calls `onPayload` for every NOTIFY on the channel. `onGap(false)` says that the connection was lost, `onGap(true)`
   * that it is back: notifications may have been missed, and whatever was built from them must be dropped.
   */
  listen(channel: string, onPayload: (payload: string) => void, onGap: (hearing: boolean) => void): Promise<void>;
  /** How many connections are in use and idle, and how many callers wait for one. */
  connections(): { readonly in_use: number; readonly idle: number; readonly waiting: number };
  /** Resolves when the database answers; rejects otherwise. */
  ping(): Promise<void>;
  /**
   * Copies the files of an embedded database, as they are at one moment, into the folder `to`, which then opens as a database. Others wait
   * while the last of them are copied: milliseconds. Undefined where the files are not ours: a PostgreSQL server has tools of its own.
   */
  readonly copyFiles?: (to: string) => Promise<{ readonly pausedMs: number }>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A `postgres://` URL; without one PGlite keeps its files in `dataDir`/pg. */
  url?: string | undefined;
  /** Where PGlite lives; `undefined` together with no `url` means in memory, for tests. */
  dataDir?: string | undefined;
  /** Where an in-memory database has its files, for tests. */
  memory?: MemoryFS | undefined;
  /** Connections to a PostgreSQL server. */
  poolSize?: number | undefined;
  /** How long a PostgreSQL server may leave callers without an answer before it is asked whether it hangs. */
  patienceMs?: number | undefined;
  /**
   * Refuse a connection to code that holds one, on PostgreSQL too. Usual where the program runs from its sources, that is
   * in tests and development; the embedded database always refuses, because it would wait for itself for ever.
   */
  refusesNestedUse?: boolean | undefined;
  onError?: ((error: unknown, what: string) => void) | undefined;
}
