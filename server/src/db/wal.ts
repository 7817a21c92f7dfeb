// Keeps the embedded engine's log short: PGlite has no checkpointer, so without this the log grows for as long as the
// server runs, and after a kill the next start replays all of it.

import type { Database } from './database.ts';

type Queryable = Pick<Database, 'query'>;

const CHECK_EVERY_MS = 10_000;
/** Replaying this much takes about a second. */
const LONG_LOG_BYTES = 64 * 1024 * 1024;

/** Returns what ends it. */
export function keepLogShort(database: Queryable, onError: (error: unknown) => void): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout;
  const later = () => {
    if (!stopped) timer = setTimeout(check, CHECK_EVERY_MS).unref();
  };
  const check = () =>
    checkpointIfLong(database)
      .catch((error) => stopped || onError(error))
      .finally(later);
  later();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Returns whether it made a checkpoint. */
export async function checkpointIfLong(database: Queryable, bytes = LONG_LOG_BYTES): Promise<boolean> {
  const { rows } = await database.query(
    'select pg_current_wal_insert_lsn() - redo_lsn > $1 as long from pg_control_checkpoint()',
    [bytes],
  );
  if (rows[0]?.['long'] !== true) return false;
  await database.query('checkpoint', []);
  return true;
}
