// Inviting people: those with an account become pending members, others get a link; and taking an invitation back.

import { randomBytes } from 'node:crypto';
import type { InviteMember, Right } from '@overair/protocol/manage/member';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { InvitationsTable } from '../db/tables/management.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import type { Actor, Caller } from './caller.ts';
import { lockOrg } from './change-organization.ts';
import { hashKey } from './keys.ts';
import { addMember, recordMember } from './member-rows.ts';
import type { Grant } from './permissions.ts';
import { rank } from './rights.ts';
import { findUser, lockAddress, normalEmail } from './users.ts';

const INVITATION_DAYS = 7;
const QUIET_HOURS_AFTER_CANCELLING = 3;
/** Neither taken back nor too old. */
export const openInvitations = (db: Db) =>
  db
    .selectFrom('invitations')
    .where('invitations.cancelled_at', 'is', null)
    .where('invitations.created_at', '>', sql<Date>`now() - make_interval(days => ${INVITATION_DAYS})`);

const cannotInvite = (data: string) =>
  new AppError('error_inviting_user_to_organization', 400, 'Error inviting user to organization', { data });

/** Accepts rights, their `invite_` forms and role names. */
function rightOf(name: string): Right {
  const byRole: Record<string, Right> = { org_member: 'read', org_admin: 'admin', org_super_admin: 'super_admin' };
  return byRole[name] ?? (name.replace(/^invite_/, '') as Right);
}

interface Invited {
  uid: string;
  email: string;
  role: string;
  image_url: string;
  /** For an address without an account: what opens the invitation. Only its hash is kept. */
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
    await lockAddress(trx, email);
    await assertNotJustCancelled(trx, input.orgId, email);
    const user = await findUser(trx, email);
    const address = { org_id: input.orgId, email, user_right: right };
    const invited = { email, role: `invite_${right}`, image_url: '' };
    if (user) return { ...invited, uid: await addPending(trx, actor, user.id, address) };
    return { ...invited, ...(await addInvitation(trx, caller, actor, grant, address)) };
  });
}

async function assertNotJustCancelled(trx: Db, org_id: string, email: string): Promise<void> {
  const cancelled = await trx
    .selectFrom('invitations')
    .select('id')
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .where('cancelled_at', '>', sql<Date>`now() - make_interval(hours => ${QUIET_HOURS_AFTER_CANCELLING})`)
    .executeTakeFirst();
  if (cancelled) throw cannotInvite('TOO_RECENT_INVITATION_CANCELATION');
}

async function addPending(trx: Db, actor: Actor, user_id: string, invited: InvitedAddress): Promise<string> {
  const { org_id, email, user_right } = invited;
  // A link from before the address had an account must not outlive this membership.
  await trx.deleteFrom('invitations').where('org_id', '=', org_id).where('email', '=', email).execute();
  const after = await addMember(trx, { org_id, user_id, user_right, is_invite: true });
  if (!after) throw cannotInvite('ALREADY_INVITED');
  await recordMember(trx, actor, undefined, after);
  return user_id;
}

/** Inviting anew replaces the link: the one before is dead, whatever right it had. */
async function addInvitation(trx: Db, caller: Caller, actor: Actor, grant: Grant, invited: InvitedAddress) {
  const { org_id, email } = invited;
  const before = await findOpen(trx, org_id, email);
  if (before && rank(before.user_right) > rank(grant.right)) throw cannotInvite('NO_RIGHTS');
  await trx.deleteFrom('invitations').where('org_id', '=', org_id).where('email', '=', email).execute();
  const token = randomBytes(32).toString('base64url');
  const after = await trx
    .insertInto('invitations')
    .values({ ...invited, token_hash: hashKey(token), invited_by: caller.user_id })
    .returning(invitationColumns)
    .executeTakeFirstOrThrow();
  await recordInvitation(trx, actor, before, after);
  return { uid: after.id, token };
}

interface InvitedAddress {
  org_id: string;
  email: string;
  user_right: Right;
}

export const invitationColumns = [
  'id',
  'org_id',
  'email',
  'user_right',
  'invited_by',
  'created_at',
  'cancelled_at',
] as const satisfies readonly (keyof InvitationsTable)[];

/** Without its token. */
export type InvitationRow = Omit<Selectable<InvitationsTable>, 'token_hash'>;

export function recordInvitation(
  trx: Db,
  actor: Actor,
  before: InvitationRow | undefined,
  after: InvitationRow | undefined,
): Promise<void> {
  const { org_id, id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'invitations', record_id: id, before, after });
}

const findOpen = (trx: Db, org_id: string, email: string): Promise<InvitationRow | undefined> =>
  openInvitations(trx)
    .select(invitationColumns)
    .where('org_id', '=', org_id)
    .where('email', '=', email)
    .executeTakeFirst();

/** Takes back the link of somebody without an account. */
export async function cancelInvitation(trx: Db, actor: Actor, grant: Grant, org_id: string, email: string) {
  const open = await findOpen(trx, org_id, email);
  if (!open) throw new AppError('user_not_found', 404, 'User not found');
  assertMayRemove(grant, open.user_right);
  const cancelled_at = await noteCancelled(trx, org_id, email, open.user_right);
  await recordInvitation(trx, actor, open, { ...open, cancelled_at });
}

/** Nobody removes a member, or takes back an invitation, above their own right. */
export function assertMayRemove(grant: Grant, right: Right): void {
  if (rank(right) <= rank(grant.right)) return;
  throw new AppError(
    'cannot_delete_higher_priority_role',
    403,
    'Cannot delete a member with a role higher than your own',
  );
}

/** A cancelled address is left in peace for some hours. */
export async function noteCancelled(trx: Db, org_id: string, email: string, user_right: Right): Promise<Date> {
  const cancelled_at = new Date();
  await trx
    .insertInto('invitations')
    .values({ org_id, email, user_right, token_hash: hashKey(randomBytes(32).toString('hex')), cancelled_at })
    .onConflict((conflict) => conflict.columns(['org_id', 'email']).doUpdateSet({ cancelled_at }))
    .execute();
  return cancelled_at;
}

/** Forgets invitations that nobody can accept any more. Returns how many. */
export async function purgeInvitations(db: Db): Promise<number> {
  const purged = await db
    .deleteFrom('invitations')
    .where('created_at', '<', sql<Date>`now() - make_interval(days => ${INVITATION_DAYS})`)
    .executeTakeFirst();
  return Number(purged.numDeletedRows);
}
