// How passwords are hashed: scrypt, in the form and with the parameters of better-auth, so that either reads what the other wrote.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt's N: a power of two. Each doubling doubles the time and the memory of a guess. */
export const PASSWORD_COST = 16_384;

const BLOCK_SIZE = 16;
const KEY_BYTES = 64;

export interface PasswordHash {
  /** `salt:key`, both in hexadecimal. */
  hash(password: string): Promise<string>;
  /** Throws when the hash has another form. */
  verify(given: { hash: string; password: string }): Promise<boolean>;
}

/** Hashes of one cost are not readable at another. */
export function passwordHash(cost: number): PasswordHash {
  const options = { N: cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * cost * BLOCK_SIZE };
  return {
    async hash(password) {
      const salt = randomBytes(16).toString('hex');
      return `${salt}:${(await keyOf(password, salt, options)).toString('hex')}`;
    },
    async verify({ hash, password }) {
      const [salt, key] = hash.split(':');
      if (!salt || key?.length !== 2 * KEY_BYTES) throw new Error('the hash of a password is not readable');
      return timingSafeEqual(await keyOf(password, salt, options), Buffer.from(key, 'hex'));
    },
  };
}

function keyOf(password: string, salt: string, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
