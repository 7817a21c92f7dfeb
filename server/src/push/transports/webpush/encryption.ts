// Encrypts a Web Push message for one browser: RFC 8291 over the aes128gcm coding of RFC 8188, as a single record.

import { createCipheriv, createECDH, createSecretKey, hash, randomFillSync } from 'node:crypto';

const KEY_BYTES = 65;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const RECORD_SIZE = 4096;
const HEADER_BYTES = SALT_BYTES + 4 + 1 + KEY_BYTES;

/** HKDF-Expand (RFC 5869) ends its first block with the counter 1; no key here is longer than that block. */
const COUNTER = '\x01';
const KEY_INFO = Buffer.from('WebPush: info\0');
const CEK_INFO = Buffer.from(`Content-Encoding: aes128gcm\0${COUNTER}`);
const NONCE_INFO = Buffer.from(`Content-Encoding: nonce\0${COUNTER}`);
const LAST_COUNTER = Buffer.from(COUNTER);
const LAST_RECORD = Buffer.from([2]);

export interface SubscriptionKeys {
  /** The browser's public key: a 65-byte uncompressed point of P-256. */
  readonly p256dh: Buffer;
  /** 16 bytes. */
  readonly auth: Buffer;
}

/** Fixed values in place of random ones, for the vector of RFC 8291 appendix A. */
interface FixedRandom {
  readonly privateKey: Buffer;
  readonly salt: Buffer;
}

/** Bytes that encryption adds to a plaintext. */
export const ENCRYPTION_OVERHEAD = HEADER_BYTES + LAST_RECORD.length + TAG_BYTES;

/** Making one costs as much as half a key pair: it is kept, and gets a new pair for every message. */
const ecdh = createECDH('prime256v1');

/**
 * The request body. Every message gets its own key pair and its own salt: RFC 8291 section 3.1 asks for a new
 * pair, and sharing one between browsers would save only a fifth of the time.
 * Throws when the browser's key is no point of the curve.
 */
export function encryptMessage(keys: SubscriptionKeys, plaintext: Uint8Array, fixed?: FixedRandom): Buffer {
  const ownPublic = fixed ? useKey(fixed.privateKey) : ecdh.generateKeys();
  const salt = fixed?.salt ?? newSalt();

  const shared = ecdh.computeSecret(keys.p256dh);
  const ikm = hmac(hmac(keys.auth, shared), KEY_INFO, keys.p256dh, ownPublic, LAST_COUNTER);
  const seed = hmac(salt, ikm);
  const key = hmac(seed, CEK_INFO).subarray(0, 16);
  const nonce = hmac(seed, NONCE_INFO).subarray(0, 12);

  const body = Buffer.allocUnsafe(plaintext.length + ENCRYPTION_OVERHEAD);
  salt.copy(body, 0);
  body.writeUInt32BE(RECORD_SIZE, SALT_BYTES);
  body.writeUInt8(KEY_BYTES, SALT_BYTES + 4);
  ownPublic.copy(body, SALT_BYTES + 5);
  const cipher = createCipheriv('aes-128-gcm', createSecretKey(key), nonce);
  let end = HEADER_BYTES;
  end += cipher.update(plaintext).copy(body, end);
  end += cipher.update(LAST_RECORD).copy(body, end);
  end += cipher.final().copy(body, end);
  cipher.getAuthTag().copy(body, end);
  return body;
}

/** Drawn by the hundred: one call to the system costs the same for one. */
const salts = Buffer.alloc(256 * SALT_BYTES);
let drawn = salts.length;

/** Good until the next call. */
function newSalt(): Buffer {
  if (drawn === salts.length) {
    randomFillSync(salts);
    drawn = 0;
  }
  drawn += SALT_BYTES;
  return salts.subarray(drawn - SALT_BYTES, drawn);
}

function useKey(privateKey: Buffer): Buffer {
  ecdh.setPrivateKey(privateKey);
  return ecdh.getPublicKey();
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const inner = Buffer.alloc(BLOCK_BYTES + 256);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/**
 * HMAC-SHA256 (RFC 2104) of at most 256 bytes with a key of at most one block. Node's own HKDF makes objects of keys
 * three times a message, and takes three times as long.
 */
function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  inner.fill(0x36, 0, BLOCK_BYTES);
  outer.fill(0x5c, 0, BLOCK_BYTES);
  for (let index = 0; index < key.length; index += 1) {
    const byte = key[index] ?? 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  let end = BLOCK_BYTES;
  for (const part of parts) {
    inner.set(part, end);
    end += part.length;
  }
  hash('sha256', inner.subarray(0, end), 'buffer').copy(outer, BLOCK_BYTES);
  return hash('sha256', outer, 'buffer');
}
