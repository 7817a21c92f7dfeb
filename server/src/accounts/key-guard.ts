// Lets callers in by their key, and shuts out addresses that keep presenting wrong ones. One for all doors of a process.

import type { Db } from '../db/open.ts';
import type { Caller } from './caller.ts';
import { authenticateKey, isFailedSignIn, type KeyHeaders } from './keys.ts';
import { createLimit, type Limit, refuseIfSpent } from './limits.ts';

const quarterHourMs = 15 * 60_000;

export class KeyGuard {
  readonly #db: Db;
  readonly #guesses: Limit;

  /** `allowed` wrong keys per address, then silence for a quarter of an hour; 0 means no limit. */
  constructor(db: Db, allowed: number) {
    this.#db = db;
    this.#guesses = createLimit({ allowed, windowMs: quarterHourMs, isExtended: true });
  }

  /** Undefined for who presents no key. Throws `invalid_apikey`, and `too_many_requests` for an address that guesses. */
  async authenticate(headers: KeyHeaders, ip: string): Promise<Caller | undefined> {
    this.refuseGuesser(ip);
    return authenticateKey(this.#db, headers, ip).catch((error: unknown) => {
      if (isFailedSignIn(error)) this.countGuess(ip);
      throw error;
    });
  }

  refuseGuesser(ip: string): void {
    refuseIfSpent(this.#guesses, ip, { reason: 'too_many_failed_auth_attempts' });
  }

  countGuess(ip: string): void {
    this.#guesses.count(ip, Date.now());
  }
}
