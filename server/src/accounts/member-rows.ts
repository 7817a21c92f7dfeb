// Memberships: the only file that reads or writes `org_users`, so that the rule "an invitation grants nothing" has one home.

import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { OrgUsersTable } from '../db/tables/accounts.ts';
import { recordChange } from './audit.ts';
import type { Actor } from './caller.ts';

const memberColumns = ['id', 'org_id', 'user_id', 'user_right', 'is_invite', 'created_at', 'updated_at'] as const;

export type MemberRow = Selectable<OrgUsersTable>;

/** Accepted memberships, the only ones that grant anything: every question about rights starts here. */
export const members = (db: Db) => db.selectFrom('org_users').where('org_users.is_invite', '=', false);

/** Invitations of people who have an account. */
export const pendingMembers = (db: Db) => db.selectFrom('org_users').where('org_users.is_invite', '=', true);

/** Both, for lists and for changing them. Grants nothing by itself. */
export const membersAndPending = (db: Db) => db.selectFrom('org_users');

/** A subquery: the ids of the organizations that a user is a member of. */
export const organizationIdsOf = (user_id: string) =>
  sql`(select org_id from org_users where user_id = ${user_id} and not is_invite)`;

export async function isMember(db: Db, org_id: string, user_id: string): Promise<boolean> {
  const found = members(db).select('id').where('org_id', '=', org_id).where('user_id', '=', user_id);
  return (await found.executeTakeFirst()) !== undefined;
}

/** Invited or accepted: for changing the membership. */
export const findMember = (trx: Db, org_id: string, user_id: string): Promise<MemberRow | undefined> =>
  membersAndPending(trx)
    .select(memberColumns)
    .where('org_id', '=', org_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();

/** Undefined when the user is a member or invited already. */
export const addMember = (trx: Db, row: Insertable<OrgUsersTable>): Promise<MemberRow | undefined> =>
  trx
    .insertInto('org_users')
    .values(row)
    .onConflict((conflict) => conflict.columns(['org_id', 'user_id']).doNothing())
    .returning(memberColumns)
    .executeTakeFirst();

export const setMember = (
  trx: Db,
  { id, org_id }: MemberRow,
  change: Pick<Updateable<OrgUsersTable>, 'is_invite' | 'user_right'>,
): Promise<MemberRow> =>
  trx
    .updateTable('org_users')
    .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .where('org_id', '=', org_id)
    .returning(memberColumns)
    .executeTakeFirstOrThrow();

export const deleteMember = (trx: Db, { id, org_id }: MemberRow) =>
  trx.deleteFrom('org_users').where('id', '=', id).where('org_id', '=', org_id).execute();

export function recordMember(trx: Db, actor: Actor, before: MemberRow | undefined, after: MemberRow | undefined) {
  const { org_id, id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'org_users', record_id: id, before, after });
}
