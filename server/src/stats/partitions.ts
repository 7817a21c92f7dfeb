// Day partitions of stats_events: made ahead by a job, dropped when their time is over. Neither stops an insert.

import type { Connection, Database } from '../db/database.ts';
import { DAY_MS, utcDay } from '../utc-day.ts';

/** Any number, as long as nothing else in the database takes the same advisory lock. */
const ADVISORY_LOCK = 707_245_006;

/** Remembers which partitions exist, so that asking costs nothing. */
export class Partitions {
  readonly #database: Database;
  readonly #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  async ensure(days: Iterable<string>): Promise<void> {
    for (const day of days) {
      if (this.#known.has(day)) continue;
      await makePartition(this.#database, day);
      this.#known.add(day);
    }
  }

  forget(): void {
    this.#known.clear();
  }
}

const partitionName = (day: string): string => `stats_events_${day.replaceAll('-', '')}`;

/**
 * `create table … partition of` would wait for every query on the whole table, and every insert for it. A table that is made
 * apart is attached beside both. One process at a time: two that attach one table, each with a lock that the other wants, are a deadlock.
 */
async function makePartition(database: Database, day: string): Promise<void> {
  const name = partitionName(day);
  const next = utcDay(Date.parse(day) + DAY_MS);
  if (await isAttached(database, name)) return;
  await database.withConnection(async (connection) => {
    await connection.query('begin', []);
    try {
      await connection.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
      if (!(await isAttached(connection, name))) {
        await connection.query(`create table if not exists ${name} (like stats_events including all)`, []);
        // Partition bounds cannot be parameters; both are dates that this program printed.
        const bounds = `for values from ('${day}') to ('${next}')`;
        await connection.query(`alter table stats_events attach partition ${name} ${bounds}`, []);
      }
      await connection.query('commit', []);
    } catch (error) {
      await connection.query('rollback', []);
      throw error;
    }
  });
}

async function isAttached(database: Pick<Connection, 'query'>, name: string): Promise<boolean> {
  const { rows } = await database.query(
    `select 1 from pg_inherits where inhparent = 'stats_events'::regclass and inhrelid = to_regclass($1) and not inhdetachpending`,
    [name],
  );
  return rows.length > 0;
}

/** Drops whole days before `day` and returns their names. Rollups stay. */
export async function dropPartitionsBefore(database: Database, day: string): Promise<string[]> {
  const { rows } = await database.query(
    `select relname, inhdetachpending from pg_class join pg_inherits on inhrelid = oid
     where inhparent = 'stats_events'::regclass and relname < $1 order by relname`,
    [partitionName(day)],
  );
  for (const { relname, inhdetachpending } of rows) {
    // Dropping an attached one waits for every query on the whole table. An embedded database has one connection anyway.
    if (database.engine === 'postgres') {
      const how = inhdetachpending ? 'finalize' : 'concurrently';
      await database.query(`alter table stats_events detach partition ${relname} ${how}`);
    }
    await database.query(`drop table if exists ${relname}`, []);
  }
  return rows.map(({ relname }) => relname as string);
}
