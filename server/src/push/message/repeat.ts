// Requests that carry an id of their own are carried out once: a repetition within a day gets the first answer.

import { sql, type Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

const WINDOW = sql<Date>`now() - interval '1 day'`;

/**
 * Runs `act` and keeps its answer under the key, all in one transaction; a second call waits for the first and
 * reads its answer. When `act` throws the key stays free. An answer that `failed` in a part is no end: `act` gets it and
 * makes good what is missing.
 * `scope` is the app or group that the key belongs to.
 */
export async function once<T extends object>(
  db: Db,
  scope: string,
  key: string | undefined,
  act: (trx: Transaction<Schema>, before?: T) => Promise<T>,
  failed: (answer: T) => boolean = () => false,
): Promise<T> {
  return db.transaction().execute(async (trx) => {
    if (key === undefined) return act(trx);
    const repeat = { scope, repeat_key: key };
    await trx
      .deleteFrom('push_answers')
      .where('scope', '=', scope)
      .where('repeat_key', '=', key)
      .where('created_at', '<', WINDOW)
      .execute();
    // A concurrent insert of the same key blocks here until that transaction has ended.
    const claimed = await trx
      .insertInto('push_answers')
      .values(repeat)
      .onConflict((conflict) => conflict.doNothing())
      .returning('scope')
      .executeTakeFirst();
    const before = claimed ? undefined : await findAnswer<T>(trx, scope, key);
    if (before && !failed(before)) return before;
    const answer = await act(trx, before);
    await trx
      .updateTable('push_answers')
      .set({ answer: JSON.stringify(answer) })
      .where('scope', '=', scope)
      .where('repeat_key', '=', key)
      .execute();
    return answer;
  });
}

async function findAnswer<T>(db: Db, scope: string, key: string): Promise<T> {
  const { answer } = await db
    .selectFrom('push_answers')
    .select('answer')
    .where('scope', '=', scope)
    .where('repeat_key', '=', key)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return answer as T;
}

/** The key under which a request is recognised as a repetition: its `cid`. A `request_id` is the caller's own, and may be the same for many. */
export const repeatKey = (cid: string | undefined): string | undefined =>
  cid === undefined ? undefined : `cid:${cid}`;

export async function forgetOldAnswers(db: Db): Promise<void> {
  await db.deleteFrom('push_answers').where('created_at', '<', WINDOW).execute();
}
