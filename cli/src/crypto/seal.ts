// The V2/V3 bundle format: AES-128-CBC for the bytes, RSA type 1 blocks (private key encrypts, public key opens) for key and checksum.

import {
  constants,
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
} from 'node:crypto';
import type { Transform } from 'node:stream';
import { CliError } from '../cli-error.ts';

const CIPHER = 'aes-128-cbc';
const BLOCK_BYTES = 16;
const RSA_BYTES = 256;

/** One per bundle; a delta uses the same for all its files. */
export interface Session {
  aesKey: Buffer;
  iv: Buffer;
}

/** Both encodings of an encrypted checksum: which one a device reads depends on its plugin version. */
export interface SealedChecksum {
  /** 512 hex characters, plugins from 5.30 / 6.30 / 7.30 / 8 on. */
  v3: string;
  /** 344 base64 characters, older plugins. */
  v2: string;
}

export function createSession(): Session {
  return { aesKey: randomBytes(BLOCK_BYTES), iv: randomBytes(BLOCK_BYTES) };
}

/**
 * The same session for every bundle of an app: equal files become equal cipher text, so unchanged ones need not be sent
 * again. Whoever holds the storage can then tell which files stayed the same.
 */
export function deriveSession(privateKey: KeyObject, appId: string): Session {
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  const bytes = Buffer.from(hkdfSync('sha256', secret, appId, 'overair bundle session', 2 * BLOCK_BYTES));
  return { aesKey: bytes.subarray(0, BLOCK_BYTES), iv: bytes.subarray(BLOCK_BYTES) };
}

/** `base64(iv):base64(RSA block)`, what devices receive as `session_key`. */
export function sealSession(session: Session, privateKey: KeyObject): string {
  return `${session.iv.toString('base64')}:${seal(session.aesKey, privateKey).toString('base64')}`;
}

export function openSession(sessionKey: string, publicKey: KeyObject): Session {
  const [iv, wrapped, ...rest] = sessionKey.trim().split(':');
  const session: Session = { iv: Buffer.from(iv ?? '', 'base64'), aesKey: Buffer.alloc(0) };
  const block = Buffer.from(wrapped ?? '', 'base64');
  if (rest.length > 0 || session.iv.length !== BLOCK_BYTES || block.length !== RSA_BYTES) {
    throw new CliError('invalid_session_key', 'The session key must be <base64 of 16 bytes>:<base64 of 256 bytes>.');
  }
  session.aesKey = open(block, publicKey);
  if (session.aesKey.length !== BLOCK_BYTES) {
    throw new CliError('invalid_session_key', 'The session key does not hold an AES-128 key.');
  }
  return session;
}

/** Seals a SHA-256 given as 64 hex characters. */
export function sealChecksum(sha256: string, privateKey: KeyObject): SealedChecksum {
  return {
    v3: seal(Buffer.from(sha256, 'hex'), privateKey).toString('hex'),
    // Not a slip: old plugins read the hex text as if it were base64.
    v2: seal(Buffer.from(sha256, 'base64'), privateKey).toString('base64'),
  };
}

/** The SHA-256 (64 hex characters) inside either encoding. */
export function openChecksum(text: string, publicKey: KeyObject): string {
  if (/^[0-9a-f]{512}$/i.test(text)) return open(Buffer.from(text, 'hex'), publicKey).toString('hex');
  const block = Buffer.from(text, 'base64');
  if (block.length !== RSA_BYTES) {
    throw new CliError('invalid_checksum', 'An encrypted checksum has 512 hex or 344 base64 characters.');
  }
  return open(block, publicKey).toString('base64');
}

/** Output is `floor(length / 16) * 16 + 16` bytes, no header. */
export function createEncryptor(session: Session): Transform {
  return createCipheriv(CIPHER, session.aesKey, session.iv);
}

export function createDecryptor(session: Session): Transform {
  return createDecipheriv(CIPHER, session.aesKey, session.iv);
}

/** Encrypts one small object, a delta file, in memory. */
export function encryptBytes(bytes: Uint8Array, session: Session): Buffer {
  const cipher = createCipheriv(CIPHER, session.aesKey, session.iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function seal(bytes: Buffer, privateKey: KeyObject): Buffer {
  return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, bytes);
}

function open(block: Buffer, publicKey: KeyObject): Buffer {
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, block);
  } catch (cause) {
    throw new CliError('wrong_key', 'This public key does not belong to the private key that encrypted the bundle.', {
      cause,
    });
  }
}
