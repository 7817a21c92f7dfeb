// Members of an organization. A pending member grants nothing: every check of rights looks at accepted rows alone.

import type { ChangeMember, Right } from '@overair/protocol/manage/member';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import { AppError } from '../errors.ts';
import type { Actor } from './caller.ts';
import { lockOrg } from './change-organization.ts';
import { assertMayRemove, cancelInvitation, noteCancelled, openInvitations } from './invite.ts';
import {
  deleteMember,
  findMember,
  type MemberRow,
  members,
  membersAndPending,
  recordMember,
  setMember,
} from './member-rows.ts';
import type { Grant } from './permissions.ts';
import { rank } from './rights.ts';
import { findUser, lockAddress, normalEmail } from './users.ts';

const roleNames: Record<Right, string> = {
  read: 'org_member',
  upload: 'org_member',
  write: 'org_member',
  admin: 'org_admin',
  super_admin: 'org_super_admin',
};

interface Shown {
  uid: string;
  email: string;
  image_url: string | null;
  user_right: Right;
  is_tmp: boolean;
}

const present = ({ uid, email, image_url, user_right, is_tmp }: Shown) => ({
  uid,
  email,
  image_url: image_url ?? '',
  role: is_tmp ? `invite_${user_right}` : user_right,
  rbac_role: roleNames[user_right],
  is_tmp,
});

const PAGE_SIZE = 1000;

/** Members first, then invitations of people who have no account yet; those stand on the first page. */
export async function listMembers(db: Db, org_id: string, page: number) {
  const rows = await membersAndPending(db)
    .innerJoin('users', 'users.id', 'org_users.user_id')
    .select(['users.id as uid', 'email', 'image_url', 'user_right', 'is_invite as is_tmp'])
    .where('org_id', '=', org_id)
    .orderBy('org_users.id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  if (page > 0) return rows.map(present);
  const invited = await openInvitations(db)
    .select(['id as uid', 'email', 'user_right'])
    .where('org_id', '=', org_id)
    .orderBy('created_at')
    .limit(PAGE_SIZE)
    .execute();
  return [...rows, ...invited.map((row) => ({ ...row, image_url: null, is_tmp: true }))].map(present);
}

/** Neither above nor to above the caller's own right. */
export async function changeMember(db: Db, actor: Actor, grant: Grant, input: ChangeMember): Promise<void> {
  const { orgId, role } = input;
  await db.transaction().execute(async (trx) => {
    await lockOrg(trx, orgId);
    const user = await findUser(trx, normalEmail(input.email));
    const before = user && (await findMember(trx, orgId, user.id));
    if (!before) throw memberNotFound();
    assertNotAbove(grant, before.user_right, 'Cannot change a member with a role higher than your own');
    assertNotAbove(grant, role, 'Cannot give a role higher than your own');
    if (role !== 'super_admin') await assertNotLastSuperAdmin(trx, before);
    const after = await setMember(trx, before, { user_right: role });
    await recordMember(trx, actor, before, after);
  });
}

const memberNotFound = () =>
  new AppError('organization_member_not_found', 404, 'User is not a member of this organization');

function assertNotAbove(grant: Grant, right: Right, message: string): void {
  if (rank(right) > rank(grant.right)) throw new AppError('cannot_change_higher_priority_role', 403, message);
}

/** Takes effect at once: the member's keys have no more rights here than the member. */
export async function removeMember(db: Db, actor: Actor, grant: Grant, org_id: string, address: string): Promise<void> {
  const email = normalEmail(address);
  await db.transaction().execute(async (trx) => {
    await lockOrg(trx, org_id);
    await lockAddress(trx, email);
    const user = await findUser(trx, email);
    if (!user) return cancelInvitation(trx, actor, grant, org_id, email);
    const before = await findMember(trx, org_id, user.id);
    if (!before) throw memberNotFound();
    assertMayRemove(grant, before.user_right);
    await assertNotLastSuperAdmin(trx, before);
    await deleteMember(trx, before);
    if (before.is_invite) await noteCancelled(trx, org_id, email, before.user_right);
    await recordMember(trx, actor, before, undefined);
  });
}

async function assertNotLastSuperAdmin(trx: Db, member: MemberRow): Promise<void> {
  if (member.user_right !== 'super_admin' || member.is_invite) return;
  const other = await members(trx)
    .select('id')
    .where('org_id', '=', member.org_id)
    .where('user_right', '=', 'super_admin')
    .where('id', '!=', member.id)
    .executeTakeFirst();
  if (other) return;
  throw new AppError('CANNOT_REMOVE_LAST_SUPER_ADMIN', 400, 'Cannot remove the last super admin from the organization');
}
