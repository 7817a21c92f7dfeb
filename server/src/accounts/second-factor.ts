// When a second factor is asked for: by organizations that demand one, and again before dangerous acts.

import { type RawBuilder, sql } from 'kysely';
import { AppError } from '../errors.ts';
import type { Caller, CallerSession, SecondFactor } from './caller.ts';

/** A condition on a query that has `users` or names its id: the person could be asked for a second factor. */
const hasSecondFactor = (user_id: RawBuilder<unknown>) => sql<boolean>`exists (
  select from users u where u.id = ${user_id}
  and (u.two_factor_enabled or exists (select from passkeys p where p.user_id = u.id)))`;

/**
 * A condition on `orgs`: it demands no second factor, or the caller meets the demand. A session meets it once its person
 * used one. A key meets it when its owner has one: otherwise whoever signs in without one would make a key instead.
 */
export function secondFactorIsMet({ user_id, session }: Caller): RawBuilder<boolean> {
  if (session?.second_factor_at) return sql<boolean>`true`;
  if (session) return sql<boolean>`not orgs.enforcing_2fa`;
  return sql<boolean>`(not orgs.enforcing_2fa or ${hasSecondFactor(sql`${user_id}::uuid`)})`;
}

export function secondFactorRequired({ session }: Caller): AppError {
  const sentence = !session
    ? 'This organization works only for people with a second factor, and the owner of this key has set up none'
    : session.second_factors.length > 0
      ? 'This organization demands a second factor: give a code or use a passkey to go on'
      : 'This organization demands a second factor: set up an authenticator or a passkey in your account to go on';
  return new AppError('second_factor_required', 403, sentence, { second_factors: session?.second_factors ?? [] });
}

/** How long a proof counts before a dangerous act. */
const FRESH_MS = 15 * 60_000;

/** When the proof that dangerous acts ask for ends; in the past where it has to be given first. */
export function freshUntil({ second_factors, second_factor_at, confirmed_at }: CallerSession): Date {
  const proved = second_factors.length > 0 ? second_factor_at : confirmed_at;
  return new Date((proved?.getTime() ?? 0) + FRESH_MS);
}

/**
 * Throws `step_up_required` where a person signed in, or was asked, too long ago for a dangerous act. Who has a second
 * factor is asked for that one. Keys pass: nobody sits behind them who could be asked.
 */
export function assertFresh({ session }: Caller, nowMs: number): void {
  if (!session || freshUntil(session).getTime() > nowMs) return;
  const accepted = proofsOf(session);
  throw new AppError(
    'step_up_required',
    403,
    `Prove first that it is still you: ${accepted.map((each) => PROOFS[each]).join(' or ')}`,
    { accepted },
  );
}

type Proof = SecondFactor | 'password' | 'sign_in';

/** Who has a provider's account alone has nothing to give here: signing in anew is the proof. */
function proofsOf({ second_factors, has_password }: CallerSession): readonly Proof[] {
  if (second_factors.length > 0) return second_factors;
  return has_password ? ['password'] : ['sign_in'];
}

const PROOFS: Record<Proof, string> = {
  totp: 'give a code of your authenticator',
  passkey: 'use a passkey',
  password: 'give your password',
  sign_in: 'sign in again',
};
