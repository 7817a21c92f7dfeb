// Rows that tie a user to an organization, and their audit entries.

import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/open.ts';
import type { OrgUsersTable } from '../db/tables/accounts.ts';
import { recordChange } from './audit.ts';
import type { Actor } from './caller.ts';

export const memberColumns = [
  'id',
  'org_id',
  'user_id',
  'user_right',
  'is_invite',
  'created_at',
  'updated_at',
] as const;

export type MemberRow = Selectable<OrgUsersTable>;

export const normalEmail = (email: string) => email.trim().toLowerCase();

export const findUser = (db: Db, email: string) =>
  db.selectFrom('users').select('id').where(sql<string>`lower(email)`, '=', email).executeTakeFirst();

export const findMember = (trx: Db, org_id: string, user_id: string): Promise<MemberRow | undefined> =>
  trx
    .selectFrom('org_users')
    .select(memberColumns)
    .where('org_id', '=', org_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();

export function recordMember(trx: Db, actor: Actor, before: MemberRow | undefined, after: MemberRow | undefined) {
  const { org_id, id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'org_users', record_id: id, before, after });
}
