// Keeps secrets at rest: what must be readable again is sealed with the server's secret, what is only compared is hashed.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const VERSION = 's1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals and opens text. A sealed text opens only for the purpose it was sealed for. */
export interface Vault {
  /** `s1.` and the base64url form of nonce, ciphertext and tag. */
  seal(plain: string, purpose: string): string;
  /** Throws when the text was sealed with another secret, for another purpose, or was changed. */
  open(sealed: string, purpose: string): string;
}

/** AES-256-GCM under a key derived from the server's secret; the purpose is authenticated with it. */
export function createVault(serverSecret: string): Vault {
  // A key object: raw bytes would be looked at anew with every text, which takes longer than the cipher.
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', serverSecret, '', 'overair stored credentials', 32)));
  return {
    seal(plain, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${sealed.toString('base64url')}`;
    },
    open(sealed, purpose) {
      const [version, text] = sealed.split('.');
      if (version !== VERSION || !text) throw new Error('A stored secret has an unknown form');
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new Error('A stored secret cannot be read: was OVERAIR_SECRET changed?', { cause });
      }
    },
  };
}

/** SHA-256 in hex: enough for secrets of 96 random bits and more, and fast enough for every request. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares a presented secret with a stored hash in constant time. */
export function matchesHash(secret: string, hash: string | null | undefined): boolean {
  const presented = createHash('sha256').update(secret).digest();
  // An unknown key costs the same comparison as a wrong secret.
  const stored = hash ? Buffer.from(hash, 'hex') : Buffer.alloc(presented.length);
  return stored.length === presented.length && timingSafeEqual(presented, stored) && Boolean(hash);
}
