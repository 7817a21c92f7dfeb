// The audit log hears how people sign in: every organization of theirs is told what changed, and no secret.

import type { Db } from '../../db/database.ts';
import { organizationsReached } from '../api-keys.ts';
import { recordChange } from '../audit.ts';
import { type Actor, actorOf, type Caller } from '../caller.ts';
import { type Credentials, credentialsOf } from './credentials.ts';

interface SignInChange {
  readonly user_id: string;
  readonly email: string;
  readonly before: Credentials;
  readonly after: Credentials;
  /** What happened, for changes that the credentials do not show: `password_changed`. */
  readonly event: SignInEvent;
}

type SignInEvent =
  | 'set_up'
  | 'recovered'
  | 'joined'
  | 'password_changed'
  | 'passkey_added'
  | 'passkey_removed'
  | 'totp_added'
  | 'totp_removed'
  | 'recovery_codes_replaced'
  | 'provider_linked';

/** In the caller's transaction. */
export async function recordSignInChange(trx: Db, actor: Actor, change: SignInChange): Promise<void> {
  const { user_id, email, event } = change;
  const whole = { user_id, limited_to_orgs: [], bindings: null };
  const before = { email, ...change.before, event: null };
  const after = { email, ...change.after, event };
  for (const org_id of await organizationsReached(trx, whole)) {
    await recordChange(trx, actor, { org_id, table_name: 'sign_in', record_id: user_id, before, after });
  }
}

/**
 * Does what the library does in transactions of its own, and records it afterwards: `event`, or nothing where it finds
 * that nothing happened.
 */
export async function recordingSignIn<T>(
  db: Db,
  caller: Caller,
  deed: () => Promise<T>,
  event: (before: Credentials, after: Credentials) => SignInEvent | undefined,
): Promise<T> {
  const { user_id, user_email: email } = caller;
  const before = await credentialsOf(db, user_id);
  const done = await deed();
  const after = await credentialsOf(db, user_id);
  const happened = event(before, after);
  if (happened !== undefined) {
    const change = { user_id, email, before, after, event: happened };
    await db.transaction().execute((trx) => recordSignInChange(trx, actorOf(caller), change));
  }
  return done;
}
