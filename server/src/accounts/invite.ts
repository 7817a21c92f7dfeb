// Inviting people: those with an account become pending members, others get a link; and taking an invitation back.

import { randomBytes } from 'node:crypto';
import type { InviteMember, Right } from '@overair/protocol/manage/member';
import { sql } from 'kysely';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Actor, Caller } from './caller.ts';
import { lockOrg } from './change-organization.ts';
import { hashKey } from './keys.ts';
import { findUser, memberColumns, normalEmail, recordMember } from './member-rows.ts';
import type { Grant } from './permissions.ts';
import { rank } from './rights.ts';

const invitationDays = 7;
const quietHoursAfterCancelling = 3;
/** Neither taken back nor too old. */
export const openInvitations = (db: Db) =>
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

/** Takes back the link of somebody without an account. */
export async function cancelInvitation(trx: Db, org_id: string, email: string): Promise<void> {
  const open = await openInvitations(trx)
    .select('user_right')
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .executeTakeFirst();
  if (!open) throw new AppError('user_not_found', 404, 'User not found');
  await noteCancelled(trx, org_id, email, open.user_right);
}

/** A cancelled address is left in peace for some hours. */
export async function noteCancelled(trx: Db, org_id: string, email: string, user_right: Right): Promise<void> {
  const cancelled_at = new Date();
  await trx
    .insertInto('invitations')
    .values({ org_id, email, user_right, token_hash: hashKey(randomBytes(32).toString('hex')), cancelled_at })
    .onConflict((conflict) => conflict.columns(['org_id', 'email']).doUpdateSet({ cancelled_at }))
    .execute();
}
