// A PostgreSQL server: a pool for queries and one connection of its own for LISTEN.

import pg from 'pg';
import { StartError } from '../errors.ts';
import { parseDate, parseInt8 } from './column-types.ts';
import { watchForHanging } from './hanging.ts';
import { NestedUse, openKysely } from './nested-use.ts';
import type { Connection, Database, DatabaseOptions, QueryResult } from './open.ts';

const reconnectDelayMs = 250;
const heartbeatEveryMs = 1_000;
/** Long enough for a busy server: whoever is thought lost has to read everything anew. */
const heartbeatAnswerMs = 2_000;
/** For a connection, and for an answer before the server is suspected to hang. */
const usualPatienceMs = 15_000;

const isFromSource = import.meta.url.endsWith('.ts');

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInt8],
  [pg.types.builtins.DATE, parseDate],
]);

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format ?? 'text');
  },
} as pg.CustomTypesConfig;

export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const onError = options.onError ?? (() => {});
  const { poolSize = 10, patienceMs = usualPatienceMs } = options;
  const limits = { max: poolSize, connectionTimeoutMillis: patienceMs };
  const pool = new pg.Pool({ connectionString: url, ...limits, types, keepAlive: true });
  pool.on('error', (error) => onError(error, 'an idle database connection was lost'));
  // Between two statements of a transaction nobody else listens, and the process would end.
  pool.on('connect', (client) => client.on('error', () => {}));
  const watch = watchForHanging(pool, url, patienceMs, onError);
  await checkReachable(pool, url);
  const nested = new NestedUse(options.refusesNestedUse ?? isFromSource);
  const listeners = new Set<Listener>();

  return {
    engine: 'postgres',
    db: openKysely(pool, nested),
    assertNoConnectionHeld: () => nested.check(),
    async query(text, values) {
      nested.check();
      return toResult(await pool.query(text, values as unknown[] | undefined));
    },
    async withConnection(use) {
      nested.check();
      const client = await pool.connect();
      const connection: Connection = {
        query: async (text, values) => toResult(await client.query(text, values as unknown[] | undefined)),
      };
      try {
        return await nested.holding(() => use(connection));
      } finally {
        client.release();
      }
    },
    async listen(channel, onPayload, onGap) {
      const listener = new Listener(url, channel, onPayload, onGap, onError);
      listeners.add(listener);
      await listener.connect();
    },
    async ping() {
      await pool.query('select 1');
    },
    async close() {
      await Promise.all([...listeners].map((listener) => listener.close()));
      await pool.end();
      watch.stop();
    },
  };
}

async function checkReachable(pool: pg.Pool, url: string): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    const { hostname, port, pathname } = new URL(url);
    const where = `${hostname}:${port || 5432}${pathname}`;
    const reason = cause instanceof Error ? cause.message || (cause as { code?: string }).code : String(cause);
    throw new StartError(`Cannot reach the PostgreSQL server of DATABASE_URL (${where}): ${reason}`, { cause });
  }
}

function toResult(result: pg.QueryResult | pg.QueryResult[]): QueryResult {
  // Several statements in one text give one result each.
  const last = Array.isArray(result) ? result.at(-1) : result;
  return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0 };
}

/** Keeps one connection on LISTEN for as long as the server runs, reconnecting for ever. */
class Listener {
  readonly #url: string;
  readonly #channel: string;
  readonly #onPayload: (payload: string) => void;
  readonly #onGap: (hearing: boolean) => void;
  readonly #onError: (error: unknown, what: string) => void;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    url: string,
    channel: string,
    onPayload: (payload: string) => void,
    onGap: (hearing: boolean) => void,
    onError: (error: unknown, what: string) => void,
  ) {
    this.#url = url;
    this.#channel = channel;
    this.#onPayload = onPayload;
    this.#onGap = onGap;
    this.#onError = onError;
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: usualPatienceMs,
      keepAlive: true,
    });
    client.on('notification', (message) => this.#onPayload(message.payload ?? ''));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('connection ended')));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(this.#channel)}`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    if (this.#closed) await client.end();
    // Only now: a client that fails while it connects also says that it was lost, and would be replaced twice.
    else this.#client = client;
    this.#watch(client);
  }

  /** A connection that the network dropped without a word looks like one on which nothing happens, so it is asked. */
  #watch(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#heartbeat = setTimeout(() => {
      let answered = false;
      client.query('select 1').then(
        () => {
          answered = true;
          this.#watch(client);
        },
        () => {},
      );
      // The turn of the event loop in which this is due may be the one that reads the answer, after a long computation.
      const judge = () => setImmediate(() => answered || this.#lost(client, new Error('no answer')));
      setTimeout(judge, heartbeatAnswerMs).unref();
    }, heartbeatEveryMs).unref();
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    this.#onError(error, 'the connection that hears of changes was lost');
    this.#onGap(false);
    this.#retry();
  }

  #retry(): void {
    this.#timer = setTimeout(() => {
      this.connect().then(
        () => this.#onGap(true),
        () => {
          if (!this.#closed) this.#retry();
        },
      );
    }, reconnectDelayMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#heartbeat);
    await this.#client?.end();
  }
}
