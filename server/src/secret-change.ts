// Notices at the start that the server's secret is not the one that the database was used with before.

import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './db/database.ts';

export const SECRET_CONSEQUENCES = [
  'push credentials and webhook secrets that are stored cannot be read: enter them again, or nothing is sent',
  'download addresses that devices were given before are refused: devices get new ones at their next check',
  'entries of the audit log that were written before cannot be verified with this secret',
  'sign-ins of programs that wait for an approval have to begin again',
  'everybody is signed out, and authenticators of a second factor are no longer known: the admin key is the way back in',
];

interface SecretChange {
  /** When the secret that was in use before this one was last seen at a start. */
  usedBefore: Date;
  /** One sentence a consequence. Everything else works as before. */
  consequences: readonly string[];
}

/** Tells secrets apart and says nothing about them. */
export const fingerprintOf = (secret: string): string =>
  createHmac('sha256', secret).update('overair secret fingerprint').digest('base64url').slice(0, 16);

/** Undefined when this database was last used with the same secret, or never. Call once a start. */
export async function noteSecret(db: Db, secret: string): Promise<SecretChange | undefined> {
  const fingerprint = fingerprintOf(secret);
  const last = await db
    .selectFrom('secret_fingerprints')
    .select(['fingerprint', 'last_used_at'])
    .orderBy('last_used_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  await db
    .insertInto('secret_fingerprints')
    .values({ fingerprint })
    .onConflict((conflict) => conflict.column('fingerprint').doUpdateSet({ last_used_at: sql`now()` }))
    .execute();
  if (last === undefined || last.fingerprint === fingerprint) return undefined;
  return { usedBefore: last.last_used_at, consequences: SECRET_CONSEQUENCES };
}
