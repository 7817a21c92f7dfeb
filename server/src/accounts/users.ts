// Accounts: found by their address, and made in one place.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Addresses are compared in this form. */
export const normalEmail = (email: string) => email.trim().toLowerCase();

export const findUser = (db: Db, email: string) =>
  db.selectFrom('users').select('id').where(sql<string>`lower(email)`, '=', email).executeTakeFirst();

/**
 * Until the transaction ends nobody else invites this address or makes an account for it: whether it has one cannot
 * change between looking and acting. Take it after the lock of the organization and before anything is recorded.
 */
export async function lockAddress(trx: Db, email: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(707245003, hashtext(${email}))`.execute(trx);
}

/** Call `lockAddress` first. Undefined when the address has an account. */
export async function createUser(trx: Db, email: string): Promise<string | undefined> {
  if (await findUser(trx, email)) return undefined;
  return (await trx.insertInto('users').values({ email }).returning('id').executeTakeFirstOrThrow()).id;
}
