// Encrypts and decrypts whole zips, streaming; nothing takes its final name before it is proven right.

import type { KeyObject } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CliError, describeError } from '../cli-error.ts';
import { createDigester, type Digest } from '../crypto/digest.ts';
import { keyIdOf, publicPemOf } from '../crypto/key-pair.ts';
import {
  createDecryptor,
  createEncryptor,
  createSession,
  openChecksum,
  openSession,
  type SealedChecksum,
  type Session,
  sealChecksum,
  sealSession,
} from '../crypto/seal.ts';
import { replaceFile } from '../temporary-files.ts';

export interface SealedBundle {
  session: Session;
  sessionKey: string;
  keyId: string;
  /** Of the clear zip, sealed. */
  checksum: SealedChecksum;
}

/** The secrets that go with a bundle; `sha256` is that of the clear zip. */
export function sealBundle(sha256: string, privateKey: KeyObject, session = createSession()): SealedBundle {
  return {
    session,
    sessionKey: sealSession(session, privateKey),
    keyId: keyIdOf(publicPemOf(privateKey)),
    checksum: sealChecksum(sha256, privateKey),
  };
}

/** Returns the digest of the encrypted file. */
export async function encryptFile(source: string, target: string, session: Session): Promise<Digest> {
  return replaceFile(target, async (temporary) => {
    const encrypted = createDigester();
    await pipeline(readFrom(source), createEncryptor(session), encrypted.stream, createWriteStream(temporary)).catch(
      explain,
    );
    return encrypted.digest();
  });
}

interface DecryptOptions {
  sessionKey: string;
  publicKey: KeyObject;
  /** Encrypted or clear checksum of the clear zip; without it the result cannot be proven. */
  checksum?: string;
}

/** Returns the digest of the clear file; a wrong checksum leaves no file behind. */
export async function decryptFile(source: string, target: string, options: DecryptOptions): Promise<Digest> {
  const session = openSession(options.sessionKey, options.publicKey);
  const expected = options.checksum ? clearChecksum(options.checksum, options.publicKey) : undefined;
  return replaceFile(target, async (temporary) => {
    const clear = createDigester();
    await pipeline(readFrom(source), createDecryptor(session), clear.stream, createWriteStream(temporary)).catch(
      explain,
    );
    const digest = clear.digest();
    if (expected && digest.sha256 !== expected) {
      throw new CliError('checksum_mismatch', 'The decrypted file does not have the expected checksum.', {
        detail: { expected, actual: digest.sha256 },
      });
    }
    return digest;
  });
}

function clearChecksum(text: string, publicKey: KeyObject): string {
  return /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : openChecksum(text, publicKey);
}

const readFrom = (path: string) => createReadStream(path, { highWaterMark: 1 << 20 });

function explain(cause: NodeJS.ErrnoException): never {
  if (cause.code === 'ENOENT') throw new CliError('zip_not_found', `There is no file ${cause.path}.`, { cause });
  if (cause.code === 'ERR_OSSL_BAD_DECRYPT' || cause.code === 'ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH') {
    throw new CliError('cannot_decrypt', 'The file was damaged, or encrypted with another key.', { cause });
  }
  throw new CliError('file_failure', describeError(cause), { cause });
}
