// What a passkey has to sign: fresh, good for one answer within five minutes, from the browser that asked.

import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';

export const CHALLENGE_SECONDS = 5 * 60;

interface Challenge {
  readonly purpose: 'register' | 'sign-in';
  readonly challenge: string;
  /** Whose passkey shall be registered. */
  readonly user_id?: string | undefined;
}

const identifierOf = (ticket: string) => `passkey ${createHash('sha256').update(ticket).digest('base64url')}`;

/** Answers a ticket, which the browser keeps in a cookie. */
export async function keepChallenge(db: Db, value: Challenge): Promise<string> {
  const ticket = randomBytes(24).toString('base64url');
  await db
    .insertInto('verifications')
    .values({
      identifier: identifierOf(ticket),
      value: JSON.stringify(value),
      expires_at: sql<Date>`now() + make_interval(secs => ${CHALLENGE_SECONDS})`,
    })
    .execute();
  return ticket;
}

/** Uses it up, whatever comes of the answer. Throws `challenge_expired`. */
export async function takeChallenge(
  db: Db,
  ticket: string | undefined,
  purpose: Challenge['purpose'],
  user_id?: string,
): Promise<string> {
  const taken = await db
    .deleteFrom('verifications')
    .where('identifier', '=', identifierOf(ticket ?? ''))
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('value')
    .executeTakeFirst();
  const value = taken && (JSON.parse(taken.value) as Challenge);
  if (value?.purpose === purpose && value.user_id === user_id) return value.challenge;
  throw new AppError('challenge_expired', 401, 'This took too long, or was answered before: begin again');
}
