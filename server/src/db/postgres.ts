// A PostgreSQL server: a pool for queries and one connection of its own for LISTEN.

import pg from 'pg';
import { StartError } from '../errors.ts';
import { parseDate, parseInt8 } from './column-types.ts';
import type { Connection, Database, DatabaseOptions, QueryResult } from './database.ts';
import { watchForHanging } from './hanging.ts';
import { Listener } from './listener.ts';
import { NestedUse, openKysely } from './nested-use.ts';
import { NamedStatements } from './planned.ts';
import { asUnavailable } from './unavailable.ts';

/** For a free connection. */
const USUAL_PATIENCE_MS = 15_000;
/** For an answer, before the server is suspected to hang. */
const USUAL_SUSPICION_MS = 8_000;
/** For a new connection: one that begins while the network is gone must not still be waited for when it is back. */
const CONNECT_WITHIN_MS = 3_000;

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
  const { poolSize = 10, patienceMs = USUAL_PATIENCE_MS } = options;
  const limits = { max: poolSize, connectionTimeoutMillis: patienceMs };
  const pool = new pg.Pool({ connectionString: url, ...limits, types, keepAlive: true, Client: QuickClient });
  pool.on('error', (error) => onError(error, 'an idle database connection was lost'));
  // Between two statements of a transaction nobody else listens, and the process would end.
  pool.on('connect', (client) => client.on('error', () => {}));
  const watch = watchForHanging(pool, url, Math.min(patienceMs, USUAL_SUSPICION_MS), onError);
  await checkReachable(pool, url);
  const nested = new NestedUse(options.refusesNestedUse ?? isFromSource);
  const listeners = new Set<Listener>();
  const named = new NamedStatements((query) => pool.query(query));

  return {
    engine: 'postgres',
    db: openKysely(pool, nested),
    assertNoConnectionHeld: () => nested.check(),
    async query(text, values, { isPlannedOnce = false } = {}) {
      nested.check();
      if (isPlannedOnce) return told(async () => toResult(await named.query(text, values as string[])));
      return told(async () => toResult(await pool.query(text, values as unknown[] | undefined)));
    },
    async withConnection(use) {
      nested.check();
      return told(async () => {
        const client = await pool.connect();
        const connection: Connection = {
          query: async (text, values) => toResult(await client.query(text, values as unknown[] | undefined)),
        };
        try {
          return await nested.holding(() => use(connection));
        } finally {
          client.release();
        }
      });
    },
    async listen(channel, onPayload, onGap) {
      const listener = new Listener({ url, channel, onPayload, onGap, onError });
      listeners.add(listener);
      await listener.connect();
    },
    connections: () => ({
      in_use: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
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

class QuickClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  }
}

/** Runs `ask`; that the database is away is told as such. */
async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw asUnavailable(error);
  }
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
