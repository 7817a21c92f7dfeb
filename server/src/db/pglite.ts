// The embedded engine: PGlite in the data folder, its single connection handed out in turn.

import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresPoolClient } from 'kysely';
import { StartError } from '../errors.ts';
import { lockDataDir } from './data-lock.ts';
import type { Connection, Database, DatabaseOptions, QueryResult } from './database.ts';
import { type Engine, EngineFailed } from './engine.ts';
import { openEngineThread } from './engine-thread.ts';
import { copyChanged, copyFolder } from './folder-copy.ts';
import { NestedUse, openKysely } from './nested-use.ts';
import { PlannedStatements } from './planned.ts';
import { syncPath, syncTree } from './sync-tree.ts';
import { databaseUnavailable } from './unavailable.ts';
import { keepLogShort } from './wal.ts';

export async function openPglite(options: DatabaseOptions): Promise<Database> {
  const lock = options.dataDir === undefined ? undefined : await lockDataDir(options.dataDir);
  try {
    const engine = await openFiles(options);
    const files = options.dataDir && join(options.dataDir, 'pg');
    return pgliteDatabase(engine, async () => lock?.release(), options.onError, files);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function openFiles(options: DatabaseOptions): Promise<Engine> {
  if (options.dataDir === undefined) {
    // Only tests: the server itself has no PGlite outside of the thread.
    const { openInMemory } = await import('./pglite-folder.ts');
    return openInMemory(options.memory);
  }
  const files = join(options.dataDir, 'pg');
  if (!existsSync(files)) await initialise(files);
  return openEngineThread(files);
}

/**
 * The first initialisation needs half a gigabyte that its process never gives back: a child does it.
 * It works in a folder beside the final one, so a kill in the middle leaves nothing half-made. A folder of its own: the
 * child of a start that was killed may live on for a while, and still write.
 */
async function initialise(files: string): Promise<void> {
  await removeDrafts(files);
  const draft = await mkdtemp(`${files}.new-`);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(fileURLToPath(new URL(`./pglite-init.${extension}`, import.meta.url)), [draft], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Code that runs once is not worth optimising: a third less time and half the memory.
    execArgv: [...withoutProfiling(process.execArgv), '--liftoff-only'],
  });
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new StartError(`Cannot create the embedded database in ${files}: ${complaint.trim()}`);
  await syncTree(draft);
  await rename(draft, files);
  await syncPath(dirname(files));
}

/** A child would write its profile over the server's. Options with a value come in one argument or in two. */
export const withoutProfiling = (args: readonly string[]): string[] =>
  args.filter((arg, index) => !/^--(cpu|heap)-prof/.test(arg) && !takesNext.test(args[index - 1] ?? ''));

const takesNext = /^--(cpu|heap)-prof-(dir|interval|name)$/;

/** What starts left behind that were killed. */
async function removeDrafts(files: string): Promise<void> {
  const folder = dirname(files);
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(`${basename(files)}.new`));
  // A child that still writes there ends soon, and the next start of this kind removes the rest.
  for (const name of drafts) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
}

/** The `Database` over an open PGlite; `unlock` runs after it closed. */
export function pgliteDatabase(
  engine: Engine,
  unlock: () => Promise<void>,
  onError: DatabaseOptions['onError'] = () => {},
  files?: string,
): Database {
  const pool = new PoolOfOne(engine, (error) =>
    onError(error, 'the embedded database has stopped; restart the server'),
  );
  const nested = new NestedUse(true);
  const withConnection: Database['withConnection'] = async (use) => {
    nested.check();
    const connection = await pool.connect();
    try {
      return await nested.holding(() => use(connection));
    } finally {
      connection.release();
    }
  };
  const planned = new PlannedStatements();
  const query: Database['query'] = (text, values, { isPlannedOnce = false } = {}) =>
    withConnection((connection) =>
      isPlannedOnce
        ? planned.query((statement) => connection.query(statement), text, values as string[])
        : connection.query(text, values),
    );
  const stopCheckpoints = keepLogShort({ query }, (error) => onError(error, 'no checkpoint could be made'));
  return {
    engine: 'pglite',
    db: openKysely(pool, nested),
    withConnection,
    query,
    assertNoConnectionHeld: () => nested.check(),
    connections: () => pool.connections,
    async listen(channel, onPayload) {
      // In its turn: inside a stranger's transaction it would end with a rollback of that.
      await withConnection(() => engine.listen(channel, (payload) => nested.outside(() => onPayload(payload))));
    },
    async ping() {
      await withConnection((connection) => connection.query('select 1'));
    },
    ...(files !== undefined && { copyFiles: (to: string) => copyFiles({ query, withConnection }, files, to) }),
    async close() {
      stopCheckpoints();
      // The last user of the connection gives it back first. What has stopped is left as a crash leaves it.
      await withConnection(async () => (pool.hasStopped ? engine.abandon?.() : engine.close()));
      await unlock();
    },
  };
}

async function copyFiles(
  { query, withConnection }: Pick<Database, 'query' | 'withConnection'>,
  files: string,
  to: string,
) {
  // What is written to the files now is not written while others wait.
  await query('checkpoint');
  const copied = await copyFolder(files, to);
  await copyChanged(files, to, copied);
  // Who holds the only connection is the only one who could write.
  return withConnection(async () => {
    const sinceMs = performance.now();
    await copyChanged(files, to, copied);
    return { pausedMs: Math.round(performance.now() - sinceMs) };
  });
}

/**
 * PGlite has one connection, and its own dialect would put a stranger's statement into an open transaction.
 * Here `connect` waits for the previous `release`, so a transaction has the connection to itself. Consequence:
 * whoever asked for a second connection while holding the first would wait for ever; nested-use.ts refuses it.
 */
class PoolOfOne {
  readonly options = {};
  readonly #engine: Engine;
  readonly #onStop: (error: unknown) => void;
  readonly #waiting: (() => void)[] = [];
  #busy = false;
  #stoppedBy: unknown;

  constructor(engine: Engine, onStop: (error: unknown) => void) {
    this.#engine = engine;
    this.#onStop = onStop;
  }

  get connections() {
    return { in_use: this.#busy ? 1 : 0, idle: this.#busy ? 0 : 1, waiting: this.#waiting.length };
  }

  get hasStopped(): boolean {
    return this.#stoppedBy !== undefined;
  }

  /** Whatever ends PostgreSQL on a machine of its own ends it here too: PGlite would never return from the next statement. */
  async run<T>(statement: (engine: Engine) => Promise<T>): Promise<T> {
    if (this.hasStopped) throw databaseUnavailable(this.#stoppedBy, 'The embedded database has stopped');
    try {
      return await statement(this.#engine);
    } catch (error) {
      const hasFailed = error instanceof EngineFailed;
      if (hasFailed || (error as { severity?: unknown }).severity === 'PANIC') {
        this.#stoppedBy = error;
        this.#onStop(error);
      }
      throw hasFailed ? databaseUnavailable(error, error.message) : error;
    }
  }

  connect(): Promise<OneConnection> {
    const client = new OneConnection(this, () => this.#next());
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve(client);
    }
    return new Promise((resolve) => this.#waiting.push(() => resolve(client)));
  }

  #next(): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter();
    else this.#busy = false;
  }

  async end(): Promise<void> {}
}

class OneConnection implements Connection, PostgresPoolClient {
  readonly #pool: PoolOfOne;
  readonly #release: () => void;
  #released = false;
  #inTransaction = false;
  /** A statement failed since `begin`: PostgreSQL will answer COMMIT with a rollback, and PGlite hides the tag. */
  #aborted = false;

  constructor(pool: PoolOfOne, release: () => void) {
    this.#pool = pool;
    this.#release = release;
  }

  // Kysely's interface also has a cursor form, used for streaming alone.
  query<R>(textOrCursor: string, values?: readonly unknown[]): Promise<QueryResult & { command: never; rows: R[] }>;
  query<R>(cursor: never): never & R;
  async query(text: string, values?: readonly unknown[]): Promise<unknown> {
    const verb = text.trimStart().slice(0, 8).toLowerCase();
    if (verb.startsWith('begin') || verb.startsWith('start tr')) {
      this.#inTransaction = true;
      // A text that also ended its transaction left what came after it looking like a part of that.
      this.#aborted = false;
    }
    const aborted = this.#aborted;
    try {
      const result = await this.#run(text, values);
      if (verb.startsWith('commit')) return { ...result, command: aborted ? 'ROLLBACK' : 'COMMIT' };
      return result;
    } catch (error) {
      this.#aborted = this.#inTransaction;
      throw error;
    } finally {
      if (verb.startsWith('rollback') || verb.startsWith('commit')) {
        this.#aborted = false;
        this.#inTransaction = verb === 'rollback' && / to /i.test(text);
      }
    }
  }

  async #run(text: string, values?: readonly unknown[]) {
    if (values === undefined) {
      const results = await this.#pool.run((engine) => engine.exec(text));
      // pg-boss reads the rows of a RETURNING that stands before a COMMIT in the same text.
      const rows = results.flatMap((each) => each.rows);
      return { rows, rowCount: results.at(-1)?.affectedRows ?? rows.length, command: 'INSERT' };
    }
    const { rows, affectedRows } = await this.#pool.run((engine) => engine.query(text, values as unknown[]));
    // Kysely asks the command only to know whether `rowCount` counts changed rows.
    return { rows, rowCount: affectedRows ?? rows.length, command: 'INSERT' };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#release();
  }
}
