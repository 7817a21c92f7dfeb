// Taking up invitations. A link makes a new account with exactly the invited right; an account accepts while signed in,
// because the inviter sees the link too.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { InvitationsTable } from '../db/tables/management.ts';
import { AppError } from '../errors.ts';
import { DAY_MS } from '../utc-day.ts';
import { addKey } from './api-keys.ts';
import { type Actor, actorOf, type Caller, personCaller } from './caller.ts';
import { type InvitationRow, invitationColumns, openInvitations, recordInvitation } from './invite.ts';
import { hashKey } from './keys.ts';
import { addMember, findMember, type MemberRow, pendingMembers, recordMember, setMember } from './member-rows.ts';
import { isUuid } from './permissions.ts';
import { createUser, lockAddress, normalEmail } from './users.ts';

/** How long the first key lives where the organization wants keys that end and names no maximum. */
const FIRST_KEY_DAYS = 365;

/** One answer for every reason: a stranger learns nothing, and who was really invited learns what to do. */
const invalidInvitation = () =>
  new AppError(
    'invalid_invitation',
    401,
    'This invitation is unknown, used, withdrawn, replaced or expired, or its address has an account by now. ' +
      'If you have an account, run "overair organization accept"; otherwise ask for a new invitation',
  );

const byToken = (db: Db, token: string) => openInvitations(db).where('token_hash', '=', hashKey(token));

interface ShownInvitation {
  org_name: string;
  email: string;
  user_right: InvitationsTable['user_right'];
}

/** What the person behind a link is asked to accept. Throws `invalid_invitation`. */
export async function getInvitation(db: Db, token: string): Promise<ShownInvitation> {
  const found = await byToken(db, token)
    .innerJoin('orgs', 'orgs.id', 'invitations.org_id')
    .select(['orgs.name as org_name', 'invitations.email', 'invitations.user_right'])
    .where((eb) => eb.not(eb.exists(userOf(db))))
    .executeTakeFirst();
  if (!found) throw invalidInvitation();
  return found;
}

const userOf = (db: Db) =>
  db.selectFrom('users').select('users.id').where(sql<boolean>`lower(users.email) = invitations.email`);

interface Joined {
  org_id: string;
  email: string;
  user_right: InvitationsTable['user_right'];
  /** Shown once. Without limits of its own: it gives what the memberships of the account give. */
  key: string;
  expires_at: Date | null;
}

/** Works once, for an address that has no account. Throws `invalid_invitation`. */
export async function acceptInvitation(db: Db, token: string, ip: string | null): Promise<Joined> {
  return db.transaction().execute(async (trx) => {
    const { invitation, user_id, actor } = await join(trx, token, ip);
    const { org_id, email, user_right } = invitation;
    const { key, expires_at } = await addFirstKey(trx, actor, invitation, user_id);
    return { org_id, email, user_right, key, expires_at };
  });
}

interface NewMember {
  readonly user_id: string;
  readonly actor: Actor;
  readonly invitation: InvitationRow;
}

/** Makes the account of an invitation in the caller's transaction, with no way to sign in yet. Throws `invalid_invitation`. */
export async function join(trx: Db, token: string, ip: string | null): Promise<NewMember> {
  const invitation = await lockInvitation(trx, token);
  const user_id = invitation && (await createUser(trx, invitation.email));
  if (!user_id) throw invalidInvitation();
  return takeUp(trx, invitation, user_id, ip);
}

/**
 * The same for an account that a provider has just made, in the caller's transaction. Undefined where the invitation is for
 * another address, or open no more.
 */
export async function joinAs(
  trx: Db,
  token: string,
  { user_id, user_email, ip }: Pick<Caller, 'user_id' | 'user_email' | 'ip'>,
): Promise<NewMember | undefined> {
  const invitation = await lockInvitation(trx, token);
  if (invitation?.email !== normalEmail(user_email)) return undefined;
  return takeUp(trx, invitation, user_id, ip);
}

/** The open invitation behind a token; what happens to its address waits until the transaction ends. */
async function lockInvitation(trx: Db, token: string): Promise<InvitationRow | undefined> {
  const found = await byToken(trx, token).select('email').executeTakeFirst();
  if (!found) return undefined;
  await lockAddress(trx, found.email);
  // Read again: it may have been used, withdrawn or replaced while this call waited.
  return byToken(trx, token).select(invitationColumns).executeTakeFirst();
}

async function takeUp(trx: Db, invitation: InvitationRow, user_id: string, ip: string | null): Promise<NewMember> {
  const actor = actorOf(personCaller({ user_id, user_email: invitation.email, expires_at: null, ip }));
  // The account is new: its other invitations wait until it accepts them while signed in.
  for (const open of await listOpen(trx, invitation.email)) {
    await becomeMember(trx, actor, user_id, open, open.org_id !== invitation.org_id);
  }
  return { user_id, actor, invitation };
}

/** In the order of the organizations: each locks its log. */
const listOpen = (trx: Db, email: string): Promise<InvitationRow[]> =>
  openInvitations(trx).select(invitationColumns).where('email', '=', email).orderBy('org_id').execute();

async function becomeMember(trx: Db, actor: Actor, user_id: string, open: InvitationRow, is_invite: boolean) {
  const { id, org_id, user_right } = open;
  await trx.deleteFrom('invitations').where('id', '=', id).execute();
  await recordInvitation(trx, actor, open, undefined);
  const row = await addMember(trx, { org_id, user_id, user_right, is_invite });
  if (row) await recordMember(trx, actor, undefined, row);
}

async function addFirstKey(trx: Db, actor: Actor, { org_id, email }: InvitationRow, user_id: string) {
  const policy = await trx
    .selectFrom('orgs')
    .select(['require_apikey_expiration', 'max_apikey_expiration_days'])
    .where('id', '=', org_id)
    .executeTakeFirstOrThrow();
  const days = policy.max_apikey_expiration_days ?? FIRST_KEY_DAYS;
  const expires_at = policy.require_apikey_expiration ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  const caller = personCaller({ user_id, user_email: email, expires_at: null, ip: null });
  return addKey(trx, caller, actor, { name: 'First key', mode: 'all', expires_at });
}

/** Invitations that the caller's account can accept, oldest first. */
export async function listInvitations(db: Db, { user_id, user_email }: Caller) {
  const columns = ['orgs.id as org_id', 'orgs.name', 'user_right as role'] as const;
  const pending = await pendingMembers(db)
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select([...columns, 'org_users.created_at'])
    .where('org_users.user_id', '=', user_id)
    .execute();
  const byLink = await openInvitations(db)
    .innerJoin('orgs', 'orgs.id', 'invitations.org_id')
    .select([...columns, 'invitations.created_at'])
    .where('invitations.email', '=', normalEmail(user_email))
    .execute();
  const known = new Set(pending.map(({ org_id }) => org_id));
  const all = [...pending, ...byLink.filter(({ org_id }) => !known.has(org_id))];
  return all.toSorted((a, b) => a.created_at.getTime() - b.created_at.getTime());
}

/** The caller's account takes up an invitation that was made for it, or by a link before it existed. */
export async function acceptMembership(db: Db, caller: Caller, actor: Actor, org_id: string): Promise<MemberRow> {
  const noInvitation = () => new AppError('no_invitation', 404, 'There is no open invitation');
  if (!isUuid(org_id)) throw noInvitation();
  return db.transaction().execute(async (trx) => {
    const email = normalEmail(caller.user_email);
    await lockAddress(trx, email);
    const open = (await listOpen(trx, email)).find((each) => each.org_id === org_id);
    if (open) await becomeMember(trx, actor, caller.user_id, open, true);
    const before = await findMember(trx, org_id, caller.user_id);
    if (!before?.is_invite) throw noInvitation();
    const after = await setMember(trx, before, { is_invite: false });
    await recordMember(trx, actor, before, after);
    return after;
  });
}
