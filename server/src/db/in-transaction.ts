// Lets a change be a transaction of its own, or a part of its caller's.

import type { Db } from './database.ts';

/** Runs `use` in the caller's transaction where `db` is one, else in one of its own. */
export const inTransaction = <T>(db: Db, use: (trx: Db) => Promise<T>): Promise<T> =>
  db.isTransaction ? use(db) : db.transaction().execute(use);

/** Runs `use` in a transaction that is rolled back, notifications included, and returns its result. */
export async function withoutTrace<T>(db: Db, use: (trx: Db) => Promise<T>): Promise<T> {
  const undone = new Error('undone on purpose');
  let found: { value: T } | undefined;
  try {
    await db.transaction().execute(async (trx) => {
      found = { value: await use(trx) };
      throw undone;
    });
  } catch (error) {
    if (error !== undone || found === undefined) throw error;
  }
  return found!.value;
}
