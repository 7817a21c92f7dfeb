// Members and invitations. A pending member grants nothing: every check of rights looks at accepted rows alone.

import { randomBytes } from 'node:crypto';
import type { ChangeMember, InviteMember, Right } from '@overair/protocol/manage/member';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/open.ts';
import type { OrgUsersTable } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import type { Actor, Caller } from './caller.ts';
import { lockOrg } from './change-organization.ts';
import { hashKey } from './keys.ts';
import { type Grant, isUuid, rank } from './permissions.ts';

const invitationDays = 7;
const quietHoursAfterCancelling = 3;
const memberColumns = ['id', 'org_id', 'user_id', 'user_right', 'is_invite', 'created_at', 'updated_at'] as const;

type MemberRow = Selectable<OrgUsersTable>;

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

/** Members first, then invitations of people who have no account yet. */
export async function listMembers(db: Db, org_id: string) {
  const members = await db
    .selectFrom('org_users')
    .innerJoin('users', 'users.id', 'org_users.user_id')
    .select(['users.id as uid', 'email', 'image_url', 'user_right', 'is_invite as is_tmp'])
    .where('org_id', '=', org_id)
    .orderBy('org_users.id')
    .execute();
  const invited = await openInvitations(db)
    .select(['id as uid', 'email', 'user_right'])
    .where('org_id', '=', org_id)
    .orderBy('created_at')
    .execute();
  return [...members, ...invited.map((row) => ({ ...row, image_url: null, is_tmp: true }))].map(present);
}

const openInvitations = (db: Db) =>
  db
    .selectFrom('invitations')
    .where('cancelled_at', 'is', null)
    .where('created_at', '>', sql<Date>`now() - make_interval(days => ${invitationDays})`);

const cannotInvite = (data: string) =>
  new AppError('error_inviting_user_to_organization', 400, 'Error inviting user to organization', { data });

/** Accepts rights, their `invite_` forms and role names. */
function rightOf(name: string): Right {
  const byRole: Record<string, Right> = { org_member: 'read', org_admin: 'admin', org_super_admin: 'super_admin' };
  return byRole[name] ?? (name.replace(/^invite_/, '') as Right);
}

const normalEmail = (email: string) => email.trim().toLowerCase();

export interface Invited {
  uid: string;
  email: string;
  role: string;
  image_url: string;
  /** For people without an account: what opens the invitation. Only its hash is kept. */
  token?: string;
}

/** Nobody can invite to more than they have themselves. */
export async function inviteMember(
  db: Db,
  caller: Caller,
  actor: Actor,
  grant: Grant,
  input: InviteMember,
): Promise<Invited> {
  const right = rightOf(input.invite_type);
  const email = normalEmail(input.email);
  if (rank(right) > rank(grant.right)) throw cannotInvite('NO_RIGHTS');
  return db.transaction().execute(async (trx) => {
    if (!(await lockOrg(trx, input.orgId))) throw cannotInvite('NO_ORG');
    await assertNotJustCancelled(trx, input.orgId, email);
    const user = await findUser(trx, email);
    const invited = { email, role: `invite_${right}`, image_url: '' };
    if (user) return { ...invited, uid: await addPending(trx, actor, input.orgId, user.id, right) };
    return { ...invited, ...(await addInvitation(trx, caller, input.orgId, email, right)) };
  });
}

async function assertNotJustCancelled(trx: Db, org_id: string, email: string): Promise<void> {
  const cancelled = await trx
    .selectFrom('invitations')
    .select('id')
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .where('cancelled_at', '>', sql<Date>`now() - make_interval(hours => ${quietHoursAfterCancelling})`)
    .executeTakeFirst();
  if (cancelled) throw cannotInvite('TOO_RECENT_INVITATION_CANCELATION');
}

const findUser = (db: Db, email: string) =>
  db.selectFrom('users').select('id').where(sql<string>`lower(email)`, '=', email).executeTakeFirst();

async function addPending(trx: Db, actor: Actor, org_id: string, user_id: string, user_right: Right): Promise<string> {
  const after = await trx
    .insertInto('org_users')
    .values({ org_id, user_id, user_right, is_invite: true })
    .onConflict((conflict) => conflict.columns(['org_id', 'user_id']).doNothing())
    .returning(memberColumns)
    .executeTakeFirst();
  if (!after) throw cannotInvite('ALREADY_INVITED');
  await recordMember(trx, actor, undefined, after);
  return user_id;
}

async function addInvitation(trx: Db, caller: Caller, org_id: string, email: string, user_right: Right) {
  const open = await openInvitations(trx)
    .select('id')
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .executeTakeFirst();
  if (open) throw cannotInvite('ALREADY_INVITED');
  const token = randomBytes(32).toString('base64url');
  await trx.deleteFrom('invitations').where('org_id', '=', org_id).where('email', '=', email).execute();
  const { id } = await trx
    .insertInto('invitations')
    .values({ org_id, email, user_right, token_hash: hashKey(token), invited_by: caller.user_id })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { uid: id, token };
}

/** The caller takes up a pending membership of its own. */
export async function acceptMembership(db: Db, caller: Caller, actor: Actor, org_id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = isUuid(org_id) ? await findMember(trx, org_id, caller.user_id) : undefined;
    if (!before?.is_invite) throw new AppError('no_invitation', 404, 'There is no open invitation');
    await settle(trx, actor, before);
  });
}

async function settle(trx: Db, actor: Actor, before: MemberRow): Promise<void> {
  const after = await trx
    .updateTable('org_users')
    .set({ is_invite: false, updated_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', before.id)
    .returning(memberColumns)
    .executeTakeFirstOrThrow();
  await recordMember(trx, actor, before, after);
}

const findMember = (trx: Db, org_id: string, user_id: string): Promise<MemberRow | undefined> =>
  trx
    .selectFrom('org_users')
    .select(memberColumns)
    .where('org_id', '=', org_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();

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
    const after = await trx
      .updateTable('org_users')
      .set({ user_right: role, updated_at: sql<Date>`clock_timestamp()` })
      .where('id', '=', before.id)
      .returning(memberColumns)
      .executeTakeFirstOrThrow();
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
    const user = await findUser(trx, email);
    if (!user) return cancelInvitation(trx, org_id, email);
    const before = await findMember(trx, org_id, user.id);
    if (!before) throw memberNotFound();
    if (rank(before.user_right) > rank(grant.right)) {
      throw new AppError(
        'cannot_delete_higher_priority_role',
        403,
        'Cannot delete a member with a role higher than your own',
      );
    }
    await assertNotLastSuperAdmin(trx, before);
    await trx.deleteFrom('org_users').where('id', '=', before.id).execute();
    if (before.is_invite) await noteCancelled(trx, org_id, email, before.user_right);
    await recordMember(trx, actor, before, undefined);
  });
}

async function cancelInvitation(trx: Db, org_id: string, email: string): Promise<void> {
  const open = await openInvitations(trx)
    .select('user_right')
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .executeTakeFirst();
  if (!open) throw new AppError('user_not_found', 404, 'User not found');
  await noteCancelled(trx, org_id, email, open.user_right);
}

/** A cancelled address is left in peace for some hours. */
async function noteCancelled(trx: Db, org_id: string, email: string, user_right: Right): Promise<void> {
  const cancelled_at = new Date();
  await trx
    .insertInto('invitations')
    .values({ org_id, email, user_right, token_hash: hashKey(randomBytes(32).toString('hex')), cancelled_at })
    .onConflict((conflict) => conflict.columns(['org_id', 'email']).doUpdateSet({ cancelled_at }))
    .execute();
}

async function assertNotLastSuperAdmin(trx: Db, member: MemberRow): Promise<void> {
  if (member.user_right !== 'super_admin' || member.is_invite) return;
  const other = await trx
    .selectFrom('org_users')
    .select('id')
    .where('org_id', '=', member.org_id)
    .where('user_right', '=', 'super_admin')
    .where('is_invite', '=', false)
    .where('id', '!=', member.id)
    .executeTakeFirst();
  if (other) return;
  throw new AppError('CANNOT_REMOVE_LAST_SUPER_ADMIN', 400, 'Cannot remove the last super admin from the organization');
}

function recordMember(trx: Db, actor: Actor, before: MemberRow | undefined, after: MemberRow | undefined) {
  const { org_id, id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'org_users', record_id: id, before, after });
}
