// A sign-in by password takes a while. Whatever it opens holds only if the password is still the same when it is open:
// who changes a password ends what the old one opened, and must not miss what it is just opening.

import type { Db } from '../../db/database.ts';
import { findPasswordHash, findSettledPasswordHash } from './credentials.ts';
import { endSessionBehind } from './sessions.ts';
import { endWaitingSignIns } from './waiting-sign-ins.ts';

/** A person, and the hash of the password that they have at the beginning. */
export interface PasswordProof {
  readonly user_id: string;
  readonly hash: string | undefined;
}

export async function findPasswordProof(db: Db, user_id: string | undefined): Promise<PasswordProof | undefined> {
  return user_id === undefined ? undefined : { user_id, hash: await findPasswordHash(db, user_id) };
}

/**
 * Whether the password is the same at the end. Where it is not, what was opened is over: the session with this token, and
 * what waits for a second factor. Waits for whoever is changing the password at this moment.
 */
export async function stillHolds(db: Db, proof: PasswordProof, token: string | undefined): Promise<boolean> {
  if ((await findSettledPasswordHash(db, proof.user_id)) === proof.hash) return true;
  if (token !== undefined) await endSessionBehind(db, token);
  await endWaitingSignIns(db, proof.user_id);
  return false;
}
