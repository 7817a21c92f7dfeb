// Day partitions of stats_events: made when the first event of a day comes, dropped when their time is over.

import type { Database } from '../db/database.ts';
import { dayOf } from './event.ts';

const dayMs = 24 * 60 * 60 * 1000;
const duplicateTable = '42P07';

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
      await createPartition(this.#database, day);
      this.#known.add(day);
    }
  }

  forget(): void {
    this.#known.clear();
  }
}

const partitionName = (day: string): string => `stats_events_${day.replaceAll('-', '')}`;

async function createPartition(database: Database, day: string): Promise<void> {
  const next = dayOf(Date.parse(day) + dayMs);
  // Partition bounds cannot be parameters; both are dates that this program printed.
  const text = `create table if not exists ${partitionName(day)} partition of stats_events for values from ('${day}') to ('${next}')`;
  try {
    await database.query(text, []);
  } catch (error) {
    // Two processes that make the same partition at once: one of them is told so.
    if ((error as { code?: string }).code !== duplicateTable) throw error;
  }
}

/** Drops whole days before `day` and returns their names. Rollups stay. */
export async function dropPartitionsBefore(database: Database, day: string): Promise<string[]> {
  const { rows } = await database.query(
    `select relname from pg_class join pg_inherits on inhrelid = oid
     where inhparent = 'stats_events'::regclass and relname < $1 order by relname`,
    [partitionName(day)],
  );
  const names = rows.map((row) => row['relname'] as string);
  for (const name of names) await database.query(`drop table if exists ${name}`, []);
  return names;
}
