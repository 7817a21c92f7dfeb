// Taking up an invitation without having an account: the link's token makes one, with a first key.

import { sql } from 'kysely';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import { hashKey, newKey } from './keys.ts';

export interface Joined {
  org_id: string;
  email: string;
  /** Shown once. */
  key: string;
}

/** A token works once and for seven days. */
export async function acceptInvitation(db: Db, token: string, ip: string | null): Promise<Joined> {
  return db.transaction().execute(async (trx) => {
    const invitation = await trx
      .deleteFrom('invitations')
      .where('token_hash', '=', hashKey(token))
      .where('cancelled_at', 'is', null)
      .where('created_at', '>', sql<Date>`now() - interval '7 days'`)
      .returning(['org_id', 'email', 'user_right'])
      .executeTakeFirst();
    if (!invitation) throw new AppError('invalid_invitation', 401, 'This invitation is unknown, used or expired');
    const { org_id, email, user_right } = invitation;
    const { id: user_id } = await trx
      .insertInto('users')
      .values({ email })
      .onConflict((conflict) => conflict.column('email').doUpdateSet({ updated_at: sql<Date>`now()` }))
      .returning('id')
      .executeTakeFirstOrThrow();
    const after = await trx
      .insertInto('org_users')
      .values({ org_id, user_id, user_right })
      .onConflict((conflict) => conflict.columns(['org_id', 'user_id']).doUpdateSet({ is_invite: false }))
      .returning(['id', 'org_id', 'user_id', 'user_right', 'is_invite'])
      .executeTakeFirstOrThrow();
    const key = newKey();
    await trx
      .insertInto('apikeys')
      .values({ user_id, key_hash: hashKey(key), name: 'First key', mode: 'all', limited_to_orgs: [org_id] })
      .execute();
    const actor = { actor_type: 'user', actor_user_id: user_id, actor_user_email: email, actor_ip: ip } as const;
    await recordChange(
      trx,
      { ...actor, actor_apikey_id: null, actor_apikey_name: null },
      { org_id, table_name: 'org_users', record_id: after.id, after },
    );
    return { org_id, email, key };
  });
}
