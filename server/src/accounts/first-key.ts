// The first start: a user, an organization and the key that manages them.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { hashKey, newApiKey } from './keys.ts';
import { addMember, members } from './member-rows.ts';

/** Until the owner gives a real one. */
export const PLACEHOLDER_EMAIL = 'admin@localhost';
const firstUser = { email: PLACEHOLDER_EMAIL };
const firstOrganization = { name: 'My organization', management_email: firstUser.email };

interface FirstKey {
  /** The plain key, only when it was made just now: nobody else knows it. */
  key: string | undefined;
  /** The organization of the server's owner. */
  org_id: string;
}

/**
 * Makes sure that somebody can manage this server. A configured key that the database does not know is added,
 * which lets an owner who lost every key back in.
 */
export async function ensureFirstKey(db: Db, adminKey?: string): Promise<FirstKey> {
  return db.transaction().execute(async (trx) => {
    // Two processes that start on an empty database would otherwise both make one.
    await sql`select pg_advisory_xact_lock(707245002)`.execute(trx);
    const owner = (await findOwner(trx)) ?? (await createOwner(trx));
    if (!adminKey && (await hasKey(trx))) return { key: undefined, org_id: owner.org_id };
    const key = adminKey ?? newApiKey();
    await trx
      .insertInto('apikeys')
      .values({ user_id: owner.user_id, key_hash: hashKey(key), name: 'First key', mode: 'all' })
      .onConflict((conflict) => conflict.column('key_hash').doNothing())
      .execute();
    return { key: adminKey ? undefined : key, org_id: owner.org_id };
  });
}

interface Owner {
  user_id: string;
  org_id: string;
}

const hasKey = async (trx: Db) =>
  (await trx.selectFrom('apikeys').select('id').limit(1).executeTakeFirst()) !== undefined;

/** Who owns the server: the member that has been a super admin for longest. */
export function findOwner(trx: Db): Promise<Owner | undefined> {
  return members(trx)
    .select(['user_id', 'org_id'])
    .where('user_right', '=', 'super_admin')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

async function createOwner(trx: Db): Promise<Owner> {
  const user = await trx
    .insertInto('users')
    .values(firstUser)
    .onConflict((conflict) => conflict.column('email').doUpdateSet({ updated_at: sql<Date>`now()` }))
    .returning('id')
    .executeTakeFirstOrThrow();
  const org = await trx
    .insertInto('orgs')
    .values({ ...firstOrganization, created_by: user.id })
    .onConflict((conflict) => conflict.columns(['name', 'created_by']).doUpdateSet({ updated_at: sql<Date>`now()` }))
    .returning('id')
    .executeTakeFirstOrThrow();
  await addMember(trx, { org_id: org.id, user_id: user.id, user_right: 'super_admin' });
  return { user_id: user.id, org_id: org.id };
}
