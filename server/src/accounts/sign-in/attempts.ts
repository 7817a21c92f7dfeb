// Slows down who guesses passwords and codes, without shutting out the person whose account it is.

import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '../../errors.ts';
import { type RateLimit, type RateLimits, refuseIfSpent, tooManyRequests } from '../../rate-limit.ts';
import { subscriberOf } from '../../subscriber.ts';
import type { Caller } from '../caller.ts';
import { signed, verified } from './cookies.ts';

const QUARTER_HOUR_MS = 15 * 60_000;

/** Of one person from one address: enough for whoever mistypes, little for who guesses. */
const PER_PERSON_AND_ADDRESS = 10;
/** A multiple of what one address gets for one person: offices share addresses, and a botnet has many. */
const WIDER = 10;
/** Guesses that are being judged are judged within this time, busy machines aside. */
const JUDGED_WITHIN_MS = 1_000;

/** What a wrong password or code is answered with; other failures are no guesses. */
const GUESSES = new Set(['invalid_credentials', 'invalid_password', 'invalid_code', 'code_was_used']);

/** Somebody who is not signed in, and gives the password of an address. */
interface SignInAttempt {
  readonly email: string;
  readonly ip: string;
  /** The mark that this browser got when this person last signed in with it. */
  readonly device: string | undefined;
}

/** What one guess counts for. Kinds never share a name: what strangers type cannot spend what a signed-in person has. */
interface Names {
  readonly narrow: string;
  readonly wide: readonly string[];
}

/**
 * Passwords can be guessed, so unlike with keys the count comes before the look, and guesses that are still being judged
 * count as wrong: otherwise many at once would pass together. Browsers in which a person has signed in before carry a mark
 * and are counted by themselves: strangers can use up what they share, but not what that browser has. Passkeys, providers
 * and the admin key are counted nowhere here. Counts live in this process.
 */
export class SignInAttempts {
  readonly #secret: string;
  readonly #narrow: Judged;
  readonly #wide: Judged;

  constructor(secret: string, limits: RateLimits, isLimited: boolean) {
    this.#secret = secret;
    const open = (name: string, allowed: number) =>
      new Judged(limits.open({ name, allowed: isLimited ? allowed : 0, windowMs: QUARTER_HOUR_MS, endsAfter: 'last' }));
    this.#narrow = open('failed-sign-ins', PER_PERSON_AND_ADDRESS);
    this.#wide = open('failed-sign-ins-wide', PER_PERSON_AND_ADDRESS * WIDER);
  }

  /** Does what needs the password of an address. Throws `too_many_requests` before anything is looked up. */
  signingIn<T>(attempt: SignInAttempt, deed: () => Promise<T>): Promise<T> {
    return this.#guarded(this.#namesOf(attempt), deed);
  }

  /** The same for who is signed in and proves to be there. A right password clears no wrong codes, nor the other way round. */
  proving<T>({ user_id, ip }: Caller, proof: 'password' | 'code', deed: () => Promise<T>): Promise<T> {
    const who = `${proof} of ${user_id}`;
    return this.#guarded({ narrow: `${who} ${subscriberOf(ip ?? '')}`, wide: [who] }, deed);
  }

  /** A mark for the browser in which this person has just signed in. It opens nothing. */
  markFor(email: string): string {
    return signed(randomBytes(16).toString('base64url'), this.#keyOf(email));
  }

  async #guarded<T>({ narrow, wide }: Names, deed: () => Promise<T>): Promise<T> {
    const counts = [[this.#narrow, narrow] as const, ...wide.map((name) => [this.#wide, name] as const)];
    for (const [judged, name] of counts) judged.refuseIfSpent(name);
    for (const [judged, name] of counts) judged.begin(name);
    try {
      const done = await deed();
      this.#narrow.forget(narrow);
      return done;
    } catch (error) {
      if (error instanceof AppError && GUESSES.has(error.code)) for (const [judged, name] of counts) judged.wrong(name);
      throw error;
    } finally {
      for (const [judged, name] of counts) judged.end(name);
    }
  }

  /** What a stranger types comes last in a name: it may hold anything. */
  #namesOf({ email, ip, device }: SignInAttempt): Names {
    const known = verified(device, this.#keyOf(email));
    if (known !== undefined) return { narrow: `device ${known}`, wide: [] };
    const from = subscriberOf(ip);
    return { narrow: `typed at ${from} ${email}`, wide: [`typed ${email}`, `address ${from}`] };
  }

  #keyOf(email: string): string {
    return createHmac('sha256', this.#secret).update(`known device of ${email}`).digest('base64url');
  }
}

/** A limit on wrong guesses that knows how many are being judged. */
class Judged {
  readonly #limit: RateLimit;
  readonly #waiting = new Map<string, number>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  refuseIfSpent(name: string): void {
    const detail = { reason: 'too_many_failed_sign_ins' };
    refuseIfSpent(this.#limit, name, detail);
    const now = Date.now();
    const waiting = this.#waiting.get(name) ?? 0;
    if (this.#limit.allowed === 0 || this.#limit.status(name, now).left > waiting) return;
    throw tooManyRequests(now + JUDGED_WITHIN_MS, now, detail);
  }

  begin(name: string): void {
    this.#waiting.set(name, (this.#waiting.get(name) ?? 0) + 1);
  }

  end(name: string): void {
    const left = (this.#waiting.get(name) ?? 0) - 1;
    if (left > 0) this.#waiting.set(name, left);
    else this.#waiting.delete(name);
  }

  wrong(name: string): void {
    this.#limit.take(name, Date.now());
  }

  forget(name: string): void {
    this.#limit.forget(name);
  }
}
