// Refuses a second connection to code that holds one. On PGlite, which has one, it would wait for itself for ever; on a
// PostgreSQL server so would a pool's worth of such requests at once.

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Driver,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
} from 'kysely';
import type { Schema } from './schema.ts';
import { asUnavailable } from './unavailable.ts';

/** Where the connection was taken, for as long as it is held. */
interface Holder {
  takenAt: Error | undefined;
}

/** What to do about it is in the message: the stack of who asks is the error's own, the holder's is its cause. */
class NestedUseError extends Error {
  override readonly name = 'NestedUseError';

  constructor(cause: Error) {
    super('A connection was asked for while this code holds one; inside a transaction use only that (`trx`)', {
      cause,
    });
  }
}

/** One of each database: holding a connection to one and asking another is no fault. */
export class NestedUse {
  readonly #holders = new AsyncLocalStorage<Holder>();
  readonly #refuses: boolean;

  constructor(refuses: boolean) {
    this.#refuses = refuses;
  }

  /** Throws where the caller, or whoever called it, holds a connection. */
  check(): void {
    const takenAt = this.#holders.getStore()?.takenAt;
    if (takenAt !== undefined) throw new NestedUseError(takenAt);
  }

  /** Runs `use`, which holds a connection until its promise settles. */
  async holding<T>(use: () => Promise<T>): Promise<T> {
    if (!this.#refuses) return use();
    const holder: Holder = { takenAt: new Error('The connection that is held was taken here') };
    try {
      return await this.#holders.run(holder, use);
    } finally {
      // Timers and background work that began inside go on after it, and may ask.
      holder.takenAt = undefined;
    }
  }

  /** For calls that only happen to come out of another's statement, as notifications do out of a commit. */
  outside<T>(call: () => T): T {
    return this.#holders.run({ takenAt: undefined }, call);
  }
}

/** Kysely over a pool, each of whose connections is given to one holder at a time and to no nested one. */
export function openKysely(pool: PostgresDialectConfig['pool'], nested: NestedUse): Kysely<Schema> {
  const dialect = new PostgresDialect({ pool });
  const driver = dialect.createDriver();
  const connections = new Connections(driver, nested);
  const executor = new DefaultQueryExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), connections);
  return new Kysely<Schema>({ config: { dialect }, dialect, driver, executor });
}

class Connections implements ConnectionProvider {
  readonly #driver: Driver;
  readonly #nested: NestedUse;
  #initialised: Promise<void> | undefined;

  constructor(driver: Driver, nested: NestedUse) {
    this.#driver = driver;
    this.#nested = nested;
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    this.#nested.check();
    this.#initialised ??= this.#driver.init();
    await this.#initialised;
    try {
      const connection = await this.#driver.acquireConnection();
      try {
        return await this.#nested.holding(() => consumer(connection));
      } finally {
        await this.#driver.releaseConnection(connection);
      }
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}
