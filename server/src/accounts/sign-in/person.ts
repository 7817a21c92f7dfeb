// Who somebody is, as the pages show it: their name, how they sign in, where they belong.

import type { ChangeMe } from '@overair/protocol/session/sign-in';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Caller } from '../caller.ts';
import { members } from '../member-rows.ts';
import { stripTags } from '../plain-text.ts';
import { secondFactorIsMet } from '../second-factor.ts';
import { credentialsOf } from './credentials.ts';

export async function getPerson(db: Db, caller: Caller) {
  const { user_id } = caller;
  const person = await db
    .selectFrom('users')
    .select(['id', 'email', 'name', 'image_url', 'language'])
    .where('id', '=', user_id)
    .executeTakeFirstOrThrow();
  const { has_password, providers } = await credentialsOf(db, user_id);
  const organizations = await members(db)
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select(['orgs.id', 'orgs.name', 'org_users.user_right as role', 'orgs.enforcing_2fa'])
    .select(secondFactorIsMet(caller).as('is_open'))
    .where('org_users.user_id', '=', user_id)
    .orderBy('orgs.created_at')
    .orderBy('orgs.id')
    .execute();
  return { person, has_password, providers, organizations };
}

/** What a person says about themselves; what is not given stays. */
export async function changePerson(db: Db, { user_id }: Caller, { name, language }: ChangeMe): Promise<void> {
  await db
    .updateTable('users')
    .set({
      ...(name !== undefined && { name: stripTags(name).trim() }),
      ...(language !== undefined && { language }),
      updated_at: sql<Date>`clock_timestamp()`,
    })
    .where('id', '=', user_id)
    .execute();
}
