// Lets callers in by their key, and slows down who keeps presenting wrong ones. One for all doors of a process.

import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { type RateLimit, type RateLimits, refuseIfSpent } from '../rate-limit.ts';
import { subscriberOf } from '../subscriber.ts';
import type { Caller } from './caller.ts';
import { KeyUses } from './key-uses.ts';
import { authenticateKey, type KeyHeaders, presentedKey } from './keys.ts';

const QUARTER_HOUR_MS = 15 * 60_000;

/** Enough to tell the keys of two people behind one address apart; too little to help who reads this process's memory. */
const PREFIX_LENGTH = 4;

/** An address that tries keys of many prefixes gets this many times what one prefix gets. */
const PREFIXES_PER_ADDRESS = 10;

/** What a wrong secret is answered with; other failures are no guesses. */
const guesses = new Set(['invalid_apikey', 'invalid_subkey', 'invalid_invitation']);

/**
 * The secret is looked up first, always: a right one passes whatever its address did before, so that no stranger and no
 * broken job behind the same address can lock an owner out. Only the answer to wrong ones changes, from 401 to 429.
 * Keys are too long to be guessed; the limit makes broken clients stop and shows in their logs.
 */
export class KeyGuard {
  readonly #db: Db;
  readonly #uses: KeyUses;
  readonly #byPrefix: RateLimit;
  readonly #byAddress: RateLimit;

  /** `allowed` wrong keys of one prefix from one address in a quarter of an hour; 0 means no limit. */
  constructor(db: Db, limits: RateLimits, allowed: number) {
    this.#db = db;
    this.#uses = new KeyUses(db);
    const shared = { windowMs: QUARTER_HOUR_MS, endsAfter: 'last' } as const;
    this.#byPrefix = limits.open({ ...shared, name: 'wrong-keys-by-prefix', allowed });
    this.#byAddress = limits.open({
      ...shared,
      name: 'wrong-keys-by-address',
      allowed: allowed * PREFIXES_PER_ADDRESS,
    });
  }

  /** Undefined for who presents no key. Throws `invalid_apikey` and `invalid_subkey`; `too_many_requests` instead of them for who guesses. */
  async authenticate(headers: KeyHeaders, ip: string): Promise<Caller | undefined> {
    const key = presentedKey(headers);
    const ask = () => authenticateKey(this.#db, headers, ip);
    const caller = key === undefined ? undefined : await this.guard(key, ip, ask);
    if (caller) this.#uses.note(caller);
    return caller;
  }

  /** Does what needs a right secret; a refusal of it counts as a guess of this address. */
  async guard<T>(secret: string, ip: string, deed: () => Promise<T>): Promise<T> {
    try {
      return await deed();
    } catch (error) {
      if (error instanceof AppError && guesses.has(error.code))
        this.#note(subscriberOf(ip), secret.slice(0, PREFIX_LENGTH));
      throw error;
    }
  }

  #note(address: string, start: string): void {
    const prefix = `${address} ${start}`;
    const detail = { reason: 'too_many_failed_auth_attempts' };
    refuseIfSpent(this.#byPrefix, prefix, detail);
    refuseIfSpent(this.#byAddress, address, detail);
    const now = Date.now();
    this.#byPrefix.take(prefix, now);
    this.#byAddress.take(address, now);
  }
}
