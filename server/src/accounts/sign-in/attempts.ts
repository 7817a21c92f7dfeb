// Slows down who guesses passwords and codes, without shutting out the person whose account it is.

import { createHmac, randomBytes } from 'node:crypto';
import { type RateLimit, type RateLimits, refuseIfSpent } from '../../rate-limit.ts';
import { signed, verified } from './cookies.ts';

const QUARTER_HOUR_MS = 15 * 60_000;

/** Of one person from one address: enough for whoever mistypes, little for who guesses. */
const PER_PERSON_AND_ADDRESS = 10;
/** A multiple of what one address gets for one person: offices share addresses, and a botnet has many. */
const WIDER = 10;

export interface Attempt {
  readonly email: string;
  readonly ip: string;
  /** The mark that this browser got when this person last signed in with it. */
  readonly device: string | undefined;
}

/**
 * Passwords can be guessed, so unlike with keys the count comes before the look. Browsers in which a person has signed in
 * before carry a mark and are counted by themselves: strangers can use up what they share, but not what that browser has.
 * Passkeys, providers and the admin key are counted nowhere here. Counts live in this process.
 */
export class SignInAttempts {
  readonly #secret: string;
  readonly #narrow: RateLimit;
  readonly #wide: RateLimit;

  constructor(secret: string, limits: RateLimits, isLimited: boolean) {
    this.#secret = secret;
    const open = (name: string, allowed: number) =>
      limits.open({ name, allowed: isLimited ? allowed : 0, windowMs: QUARTER_HOUR_MS, endsAfter: 'last' });
    this.#narrow = open('failed-sign-ins', PER_PERSON_AND_ADDRESS);
    this.#wide = open('failed-sign-ins-wide', PER_PERSON_AND_ADDRESS * WIDER);
  }

  /** Throws `too_many_requests` before anything is looked up. */
  admit(attempt: Attempt): void {
    const detail = { reason: 'too_many_failed_sign_ins' };
    const { narrow, wide } = this.#names(attempt);
    refuseIfSpent(this.#narrow, narrow, detail);
    for (const name of wide) refuseIfSpent(this.#wide, name, detail);
  }

  failed(attempt: Attempt): void {
    const now = Date.now();
    const { narrow, wide } = this.#names(attempt);
    this.#narrow.take(narrow, now);
    for (const name of wide) this.#wide.take(name, now);
  }

  succeeded(attempt: Attempt): void {
    this.#narrow.forget(this.#names(attempt).narrow);
  }

  /** A mark for the browser in which this person has just signed in. It opens nothing. */
  markFor(email: string): string {
    return signed(randomBytes(16).toString('base64url'), this.#keyOf(email));
  }

  #names({ email, ip, device }: Attempt): { narrow: string; wide: string[] } {
    const known = verified(device, this.#keyOf(email));
    if (known !== undefined) return { narrow: `device ${known}`, wide: [] };
    return { narrow: `${email} ${ip}`, wide: [`person ${email}`, `address ${ip}`] };
  }

  #keyOf(email: string): string {
    return createHmac('sha256', this.#secret).update(`known device of ${email}`).digest('base64url');
  }
}
