// Every hour: forgets sessions that ended and sign-ins that nobody finished.

import { sql } from 'kysely';
import type { Database, Db } from '../../db/database.ts';
import type { JobQueue } from '../../jobs/open.ts';

export function signInExpiryQueue({ database }: { database: Database }): JobQueue {
  return { name: 'sign-in-expiry', cron: '7 * * * *', run: () => forgetExpired(database.db) };
}

const MOST_AT_ONCE = 10_000;

export async function forgetExpired(db: Db): Promise<void> {
  for (const table of ['auth_sessions', 'verifications'] as const) {
    const expired = db.selectFrom(table).select('id').where('expires_at', '<', sql<Date>`now()`).limit(MOST_AT_ONCE);
    await db.deleteFrom(table).where('id', 'in', expired).execute();
  }
}
