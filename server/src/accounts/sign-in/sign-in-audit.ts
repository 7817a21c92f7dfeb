// The audit log hears how people sign in: every organization of theirs is told what changed, and no secret.

import type { Db } from '../../db/database.ts';
import { organizationsReached } from '../api-keys.ts';
import { recordChange } from '../audit.ts';
import type { Actor } from '../caller.ts';
import type { Credentials } from './credentials.ts';

interface SignInChange {
  readonly user_id: string;
  readonly email: string;
  readonly before: Credentials;
  readonly after: Credentials;
  /** What happened, for changes that the credentials do not show: `password_changed`. */
  readonly event: 'set_up' | 'recovered' | 'joined' | 'password_changed' | 'passkey_added' | 'passkey_removed';
}

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
