// Sign-ins that wait for a second factor: the library keeps each behind the name in its cookie.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

/** Whose sign-in waits behind this name. */
export async function findWaitingPerson(db: Db, name: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('verifications')
    .select('value')
    .where('identifier', '=', name)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row?.value;
}

export async function endWaitingSignIns(db: Db, user_id: string): Promise<void> {
  await db.deleteFrom('verifications').where('identifier', 'like', '2fa-%').where('value', '=', user_id).execute();
}
