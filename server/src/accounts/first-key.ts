// The first start: a user, an organization and the key that manages them.

import { sql } from 'kysely';
import type { Db } from '../db/open.ts';
import { hashKey, newKey } from './keys.ts';

const firstUser = { email: 'admin@localhost' };
const firstOrganization = { name: 'My organization', management_email: firstUser.email };

/**
 * Makes sure that somebody can manage this server. Returns the plain key only when it was just created and nobody
 * else knows it. A configured key that the database does not know is added, which lets an owner who lost all back in.
 */
export async function ensureFirstKey(db: Db, adminKey?: string): Promise<string | undefined> {
  return db.transaction().execute(async (trx) => {
    // Two processes that start on an empty database would otherwise both make one.
    await sql`select pg_advisory_xact_lock(707245002)`.execute(trx);
    const anyKey = await trx.selectFrom('apikeys').select('id').limit(1).executeTakeFirst();
    if (!adminKey && anyKey) return undefined;
    const key = adminKey ?? newKey();
    const key_hash = hashKey(key);
    const known = await trx.selectFrom('apikeys').select('id').where('key_hash', '=', key_hash).executeTakeFirst();
    if (known) return undefined;
    const user_id = (await findOwner(trx)) ?? (await createOwner(trx));
    await trx.insertInto('apikeys').values({ user_id, key_hash, name: 'First key', mode: 'all' }).execute();
    return adminKey ? undefined : key;
  });
}

async function findOwner(trx: Db): Promise<string | undefined> {
  const row = await trx
    .selectFrom('org_users')
    .select('user_id')
    .where('user_right', '=', 'super_admin')
    .where('is_invite', '=', false)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.user_id;
}

async function createOwner(trx: Db): Promise<string> {
  const user = await trx
    .insertInto('users')
    .values(firstUser)
    .onConflict((conflict) => conflict.column('email').doUpdateSet({ updated_at: sql`now()` }))
    .returning('id')
    .executeTakeFirstOrThrow();
  const org = await trx
    .insertInto('orgs')
    .values({ ...firstOrganization, created_by: user.id })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx.insertInto('org_users').values({ org_id: org.id, user_id: user.id, user_right: 'super_admin' }).execute();
  return user.id;
}
