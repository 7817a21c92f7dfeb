// The first time: a key proves whose account it is, an invitation makes one; both end with a password. And the way back in.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { actorOf, type Caller, isUnrestricted } from '../caller.ts';
import { findOwner, PLACEHOLDER_EMAIL } from '../first-key.ts';
import { join, joinAs } from '../invitations.ts';
import { stripTags } from '../plain-text.ts';
import { findUser, lockAddress, normalEmail } from '../users.ts';
import {
  type Credentials,
  canSignIn,
  credentialsOf,
  lockPerson,
  removeSecondFactors,
  setPassword,
} from './credentials.ts';
import { assertPassword } from './passwords.ts';
import { endSessionsOf } from './sessions.ts';
import { recordSignInChange } from './sign-in-audit.ts';

/** Hashing takes a while: it happens before the transaction, and only once the password is taken. */
type Hash = (password: string) => Promise<string>;

const emailPattern = /^[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$/;

interface OwnAccount {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly password: string;
}

/** True while nobody has made the owner's account. */
export async function needsSetUp(db: Db): Promise<boolean> {
  const owner = await findOwner(db);
  return owner !== undefined && !canSignIn(await credentialsOf(db, owner.user_id));
}

/**
 * Gives the account behind a key its password, once: the owner's at the first start, and those of people who worked with
 * keys alone so far. Throws `unrestricted_key_required`, `already_set_up`, `invalid_email`, `email_taken` and
 * `weak_password`.
 */
export async function setUp(db: Db, caller: Caller, input: OwnAccount, hash: Hash): Promise<string> {
  assertUnrestricted(caller);
  const email = newEmail(caller, input.email);
  assertPassword(input.password, email);
  // Before the slow part, for who only asks twice; the answer that counts is the one below.
  if (canSignIn(await credentialsOf(db, caller.user_id))) throw alreadySetUp();
  const hashed = await hash(input.password);
  const { user_id } = caller;
  await db.transaction().execute(async (trx) => {
    await lockPerson(trx, user_id);
    const before = await credentialsOf(trx, user_id);
    if (canSignIn(before)) throw alreadySetUp();
    if (email !== normalEmail(caller.user_email)) await changeEmail(trx, user_id, email);
    if (input.name) await rename(trx, user_id, input.name);
    await setPassword(trx, user_id, hashed);
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'set_up' });
  });
  return user_id;
}

const alreadySetUp = () =>
  new AppError(
    'already_set_up',
    409,
    'This account has a way to sign in already: sign in, or use the way back for owners',
  );

function assertUnrestricted(caller: Caller): void {
  if (caller.key_id !== null && isUnrestricted(caller)) return;
  throw new AppError(
    'unrestricted_key_required',
    403,
    'This needs a key of mode "all" without limits, such as the admin key',
  );
}

/** The first account has no real address yet, and only that one is changed here. */
function newEmail({ user_email }: Caller, given: string | undefined): string {
  const email = normalEmail(given ?? user_email);
  if (!emailPattern.test(email)) {
    throw new AppError('invalid_email', 400, 'An address such as you@example.com is needed to sign in', {
      field: 'email',
    });
  }
  if (email !== normalEmail(user_email) && user_email !== PLACEHOLDER_EMAIL) {
    throw new AppError('invalid_email', 400, `This key belongs to the account of ${user_email}`, { field: 'email' });
  }
  return email;
}

async function changeEmail(trx: Db, user_id: string, email: string): Promise<void> {
  await lockAddress(trx, email);
  if (await findUser(trx, email)) {
    throw new AppError('email_taken', 409, 'Another account has this address', { field: 'email' });
  }
  await trx
    .updateTable('users')
    .set({ email, updated_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', user_id)
    .execute();
  await trx
    .updateTable('orgs')
    .set({ management_email: email })
    .where('created_by', '=', user_id)
    .where('management_email', '=', PLACEHOLDER_EMAIL)
    .execute();
}

const rename = (trx: Db, user_id: string, name: string) =>
  trx
    .updateTable('users')
    .set({ name: stripTags(name) })
    .where('id', '=', user_id)
    .execute();

/**
 * The way back in for the server's owner, by the admin key: a new password, no second factors any more, and every session
 * ended. Answers the person, and the tokens of those sessions. Throws `not_the_owner` for keys of others.
 */
export async function recover(
  db: Db,
  caller: Caller,
  password: string,
  hash: Hash,
): Promise<{ user_id: string; ended: string[] }> {
  assertUnrestricted(caller);
  const { user_id, user_email: email } = caller;
  if ((await findOwner(db))?.user_id !== user_id) {
    throw new AppError(
      'not_the_owner',
      403,
      "Only a key of the server's owner opens the way back: ask the owner to invite you anew",
    );
  }
  assertPassword(password, email);
  if (!canSignIn(await credentialsOf(db, user_id))) {
    throw new AppError('not_set_up', 409, 'This account was never set up: do that first');
  }
  const hashed = await hash(password);
  const ended = await db.transaction().execute(async (trx) => {
    await lockPerson(trx, user_id);
    const before = await credentialsOf(trx, user_id);
    await setPassword(trx, user_id, hashed);
    await removeSecondFactors(trx, user_id);
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'recovered' });
    return endSessionsOf(trx, user_id);
  });
  return { user_id, ended };
}

const nothing: Credentials = { has_password: false, providers: [], has_totp: false, passkeys: 0 };

/** Makes the account of an invitation, with a password and without a key. Throws `invalid_invitation` and `weak_password`. */
export async function joinWithPassword(
  db: Db,
  input: { token: string; email: string; name?: string | undefined; password: string },
  ip: string | null,
  hash: Hash,
): Promise<string> {
  assertPassword(input.password, input.email);
  const hashed = await hash(input.password);
  return db.transaction().execute(async (trx) => {
    const { user_id, actor, invitation } = await join(trx, input.token, ip);
    if (input.name) await rename(trx, user_id, input.name);
    await setPassword(trx, user_id, hashed);
    const { email } = invitation;
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actor, { user_id, email, before: nothing, after, event: 'joined' });
    return user_id;
  });
}

/** The same with the account that a provider has just made. False where the invitation is not for its address. */
export function joinByProvider(db: Db, token: string, caller: Caller): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const joined = await joinAs(trx, token, caller);
    if (!joined) return false;
    const { user_id, user_email: email } = caller;
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, joined.actor, { user_id, email, before: nothing, after, event: 'joined' });
    return true;
  });
}
