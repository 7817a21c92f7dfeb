// A code of an authenticator is accepted once: RFC 6238, 5.2. The library checks that it is right, this that it is new.

import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';

const STEP_SECONDS = 30;
const DIGITS = 6;

/** RFC 4226, 5.3. The secret is text whose bytes are the key. */
function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const at = digest[digest.length - 1]! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step of a code among those that are accepted: the present one, and one before and after it. */
function stepOf(secret: string, code: string, nowMs: number): number | undefined {
  const now = Math.floor(nowMs / 1000 / STEP_SECONDS);
  return [now, now - 1, now + 1].find((step) => codeAt(secret, step) === code);
}

/**
 * Uses a right code up, whichever process asks. False: it, or a later one, was used before. Called a moment after the
 * library's own check: a code that has left the window since is refused.
 */
export async function claimCode(
  db: Db,
  user_id: string,
  code: string,
  open: (sealed: string) => Promise<string>,
): Promise<boolean> {
  const row = await db.selectFrom('two_factors').select('secret').where('user_id', '=', user_id).executeTakeFirst();
  const step = row && stepOf(await open(row.secret), code, Date.now());
  if (step === undefined) return false;
  const claimed = await db
    .updateTable('two_factors')
    .set({ last_step: step })
    .where('user_id', '=', user_id)
    .where(sql<boolean>`(last_step is null or last_step < ${step})`)
    .returning('id')
    .executeTakeFirst();
  return claimed !== undefined;
}

/** Throws `totp_not_set_up` for an authenticator that has shown no code yet: it is pending, and so are its recovery codes. */
export async function assertTotpCounts(db: Db, user_id: string): Promise<void> {
  const row = await db.selectFrom('two_factors').select('verified').where('user_id', '=', user_id).executeTakeFirst();
  if (row?.verified === true) return;
  throw new AppError('totp_not_set_up', 400, 'No authenticator is set up, so there are no recovery codes');
}
