// Every ten minutes: forgets programs that stopped waiting, and takes back keys that were approved but never fetched.

import { sql } from 'kysely';
import type { Database, Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import { removeKey } from './api-keys.ts';
import { systemActor } from './caller.ts';

export function connectExpiryQueue({ database }: { database: Database }): JobQueue {
  return { name: 'connect-expiry', cron: '*/10 * * * *', run: () => forgetConnectRequests(database.db) };
}

/** Ten minutes after their end, so that a program that still asks is told what happened. */
export async function forgetConnectRequests(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const forgotten = await trx
      .deleteFrom('connect_requests')
      .where('expires_at', '<', sql<Date>`now() - interval '10 minutes'`)
      .returning('apikey_id')
      .execute();
    for (const { apikey_id } of forgotten) {
      if (apikey_id !== null) await removeKey(trx, systemActor, apikey_id);
    }
  });
}
