// Encrypts a Web Push message for one browser: RFC 8291 over the aes128gcm coding of RFC 8188, as a single record.

import { createCipheriv, createECDH, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 65;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const RECORD_SIZE = 4096;
const HEADER_BYTES = SALT_BYTES + 4 + 1 + KEY_BYTES;

const KEY_INFO = Buffer.from('WebPush: info\0');
const CEK_INFO = Buffer.from('Content-Encoding: aes128gcm\0');
const NONCE_INFO = Buffer.from('Content-Encoding: nonce\0');
const LAST_RECORD = Buffer.from([2]);

export interface SubscriptionKeys {
  /** The browser's public key: a 65-byte uncompressed point of P-256. */
  readonly p256dh: Buffer;
  /** 16 bytes. */
  readonly auth: Buffer;
}

/** Fixed values in place of random ones, for the vector of RFC 8291 appendix A. */
export interface FixedRandom {
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
  const salt = fixed?.salt ?? randomBytes(SALT_BYTES);

  const shared = ecdh.computeSecret(keys.p256dh);
  const ikm = derive(shared, keys.auth, Buffer.concat([KEY_INFO, keys.p256dh, ownPublic]), 32);
  const key = derive(ikm, salt, CEK_INFO, 16);
  const nonce = derive(ikm, salt, NONCE_INFO, 12);

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

function useKey(privateKey: Buffer): Buffer {
  ecdh.setPrivateKey(privateKey);
  return ecdh.getPublicKey();
}

/**
 * HKDF-SHA256, `size` bytes. The key goes in as a key object: Node finds out that raw bytes are none by an
 * exception, which costs more than the hashing.
 */
function derive(key: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', createSecretKey(key), salt, info, size));
}
