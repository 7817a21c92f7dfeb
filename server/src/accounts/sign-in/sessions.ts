// Sessions: who is signed in where. The only file besides the library that reads or writes `auth_sessions`.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { endWaitingSignIns } from './waiting-sign-ins.ts';

export interface SessionFacts {
  readonly session_id: string;
  readonly user_id: string;
  readonly user_email: string;
  readonly expires_at: Date;
  readonly confirmed_at: Date;
  readonly second_factor_at: Date | null;
  /** Codes of an authenticator, or a passkey. */
  readonly has_totp: boolean;
  readonly has_passkey: boolean;
  readonly has_password: boolean;
}

export async function findSession(db: Db, token: string): Promise<SessionFacts | undefined> {
  return db
    .selectFrom('auth_sessions')
    .innerJoin('users', 'users.id', 'auth_sessions.user_id')
    .select((eb) => [
      'auth_sessions.id as session_id',
      'auth_sessions.user_id',
      'users.email as user_email',
      'auth_sessions.expires_at',
      sql<Date>`coalesce(auth_sessions.confirmed_at, auth_sessions.created_at)`.as('confirmed_at'),
      'auth_sessions.second_factor_at',
      sql<boolean>`coalesce(users.two_factor_enabled, false)`.as('has_totp'),
      eb
        .exists(eb.selectFrom('passkeys').select('passkeys.id').whereRef('passkeys.user_id', '=', 'users.id'))
        .$castTo<boolean>()
        .as('has_passkey'),
      eb
        .exists(
          eb
            .selectFrom('accounts')
            .select('accounts.id')
            .whereRef('accounts.user_id', '=', 'users.id')
            .where('accounts.provider_id', '=', 'credential'),
        )
        .$castTo<boolean>()
        .as('has_password'),
    ])
    .where('auth_sessions.token', '=', token)
    .where('auth_sessions.expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
}

/** The person proved to be there by a second factor, just now. By this machine's clock, as everything that is compared with it. */
export async function noteSecondFactor(db: Db, token: string): Promise<void> {
  const now = new Date();
  await db
    .updateTable('auth_sessions')
    .set({ second_factor_at: now, confirmed_at: now })
    .where('token', '=', token)
    .execute();
}

/** The person proved to be there by their password, just now. */
export async function noteConfirmed(db: Db, session_id: string): Promise<void> {
  await db.updateTable('auth_sessions').set({ confirmed_at: new Date() }).where('id', '=', session_id).execute();
}

const MOST_SHOWN = 100;

/** Of one person, the newest first; without the tokens, which open them. */
export async function listSessions(db: Db, user_id: string) {
  return db
    .selectFrom('auth_sessions')
    .select(['id', 'created_at', 'updated_at', 'expires_at', 'second_factor_at', 'ip_address', 'user_agent'])
    .where('user_id', '=', user_id)
    .where('expires_at', '>', sql<Date>`now()`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(MOST_SHOWN)
    .execute();
}

/** Ends one session of this person. Answers its token, or undefined where there is none. */
export async function endSession(db: Db, user_id: string, id: string): Promise<string | undefined> {
  const ended = await db
    .deleteFrom('auth_sessions')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .returning('token')
    .executeTakeFirst();
  return ended?.token;
}

/** Ends the session behind a token. */
export const endSessionBehind = async (db: Db, token: string): Promise<void> => {
  await db.deleteFrom('auth_sessions').where('token', '=', token).execute();
};

/**
 * Ends all sessions of a person, except the one to keep, and the sign-ins that wait for a second factor. Answers the
 * tokens of those sessions.
 */
export async function endSessionsOf(db: Db, user_id: string, kept?: string): Promise<string[]> {
  await endWaitingSignIns(db, user_id);
  let query = db.deleteFrom('auth_sessions').where('user_id', '=', user_id);
  if (kept !== undefined) query = query.where('id', '!=', kept);
  return (await query.returning('token').execute()).map(({ token }) => token);
}

/** A session lives for a week after it was last used, give or take a day. */
export const SESSION_SECONDS = 7 * 24 * 60 * 60;
export const REFRESH_AFTER_SECONDS = 24 * 60 * 60;

/** Its end was not put off for a day: the library does so when it is asked. */
export const isDueForRefresh = (expires_at: Date, nowMs: number): boolean =>
  expires_at.getTime() - nowMs < (SESSION_SECONDS - REFRESH_AFTER_SECONDS) * 1000;
