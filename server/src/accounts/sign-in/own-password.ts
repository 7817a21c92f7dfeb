// The password of who is signed in: another one, or the same once more as a proof.

import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { actorOf, type Caller } from '../caller.ts';
import { credentialsOf, findPasswordHash, setPassword } from './credentials.ts';
import type { Library } from './library.ts';
import { assertPassword } from './passwords.ts';
import { endSessionsOf, noteConfirmed } from './sessions.ts';
import { recordSignInChange } from './sign-in-audit.ts';

const wrong = () => new AppError('invalid_password', 400, 'The password is not right');

async function assertRight(db: Db, library: Library, caller: Caller, password: string): Promise<void> {
  const hash = await findPasswordHash(db, caller.user_id);
  if (hash === undefined || !(await library.verifyPassword(hash, password))) throw wrong();
}

/** Ends every other session of the person and answers their tokens: whoever knew the old password is out. */
export async function changePassword(
  db: Db,
  library: Library,
  caller: Caller,
  input: { current_password?: string | undefined; new_password: string },
): Promise<string[]> {
  const { user_id, user_email: email } = caller;
  assertPassword(input.new_password, email);
  if (input.current_password !== undefined) await assertRight(db, library, caller, input.current_password);
  else if ((await findPasswordHash(db, user_id)) !== undefined) {
    throw new AppError('current_password_required', 400, 'The present password is needed to set another one', {
      field: 'current_password',
    });
  }
  const hash = await library.hashPassword(input.new_password);
  return db.transaction().execute(async (trx) => {
    const before = await credentialsOf(trx, user_id);
    await setPassword(trx, user_id, hash);
    const after = await credentialsOf(trx, user_id);
    await recordSignInChange(trx, actorOf(caller), { user_id, email, before, after, event: 'password_changed' });
    return endSessionsOf(trx, user_id, caller.session?.id);
  });
}

/** Before a dangerous act. Who has a second factor is asked for that one, and this is then no proof. */
export async function confirmByPassword(db: Db, library: Library, caller: Caller, password: string): Promise<void> {
  await assertRight(db, library, caller, password);
  await noteConfirmed(db, caller.session!.id);
}
