// The password of who is signed in: another one, or the same once more as a proof.

import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { actorOf, type Caller } from '../caller.ts';
import type { BetterAuth } from './better-auth.ts';
import { credentialsOf, findPasswordHash, lockPerson, setPassword } from './credentials.ts';
import { assertPassword } from './passwords.ts';
import { endSessionsOf, noteConfirmed } from './sessions.ts';
import { recordSignInChange } from './sign-in-audit.ts';

const wrong = () => new AppError('invalid_password', 400, 'The password is not right');

/** Answers the hash that the password belongs to. */
async function assertRight(db: Db, betterAuth: BetterAuth, caller: Caller, password: string): Promise<string> {
  const hash = await findPasswordHash(db, caller.user_id);
  if (hash === undefined) throw new AppError('no_password', 400, 'This account has no password: sign in again instead');
  if (!(await betterAuth.verifyPassword(hash, password))) throw wrong();
  return hash;
}

/** Ends every other session of the person and answers their tokens: whoever knew the old password is out. */
export async function changePassword(
  db: Db,
  betterAuth: BetterAuth,
  caller: Caller,
  input: { current_password?: string | undefined; new_password: string },
): Promise<string[]> {
  const { user_id, user_email: email } = caller;
  assertPassword(input.new_password, email);
  const present =
    input.current_password === undefined
      ? undefined
      : await assertRight(db, betterAuth, caller, input.current_password);
  const missing = () =>
    new AppError('current_password_required', 400, 'The present password is needed to set another one', {
      field: 'current_password',
    });
  if (present === undefined && (await findPasswordHash(db, user_id)) !== undefined) throw missing();
  const hash = await betterAuth.hashPassword(input.new_password);
  return db.transaction().execute(async (trx) => {
    await lockPerson(trx, user_id);
    // It may be another one by now: hashing takes a while.
    if ((await findPasswordHash(trx, user_id)) !== present) throw present === undefined ? missing() : wrong();
    const before = await credentialsOf(trx, user_id);
    await setPassword(trx, user_id, hash);
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'password_changed' });
    return endSessionsOf(trx, user_id, caller.session?.id);
  });
}

/** Before a dangerous act. Who has a second factor is asked for that one, and this is then no proof. */
export async function confirmByPassword(
  db: Db,
  betterAuth: BetterAuth,
  caller: Caller,
  password: string,
): Promise<void> {
  await assertRight(db, betterAuth, caller, password);
  await noteConfirmed(db, caller.session!.id);
}
