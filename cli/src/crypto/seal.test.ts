// Proves the bundle format against data that Capgo's own tool produced, in both directions.

import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { sha256Of } from './digest.ts';
import { keyIdOf, publicPemOf, readPrivateKey, readPublicKey } from './key-pair.ts';
import {
  createDecryptor,
  createEncryptor,
  encryptBytes,
  openChecksum,
  openSession,
  type Session,
  sealChecksum,
  sealSession,
} from './seal.ts';

const folder = new URL('../../../vectors/bundle-crypto/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, folder));
const vectors = JSON.parse(read('vectors.json').toString()) as {
  keys: { privateKeyJwk: string; publicKey: string; keyId: string; otherPublicKey: string };
  plain: { file: string; sha256: string };
  encrypted: VectorBundle[];
  delta: { v3: { session_key: string; session: SessionText; entries: VectorEntry[] } };
  negative: { id: string; sha256?: string; recoveredHex?: string }[];
};
interface SessionText {
  ivHex: string;
  aesKeyHex: string;
}
interface VectorBundle {
  id: string;
  file: string;
  ivSessionKey: string;
  session: SessionText;
  checksum: string;
}
interface VectorEntry {
  file_name: string;
  file_hash: string;
  storedObject: string;
  sourceSha256: string;
}

const jwk = JSON.parse(read(vectors.keys.privateKeyJwk).toString());
const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
const publicKey = readPublicKey(read(vectors.keys.publicKey).toString());
const otherKey = readPublicKey(read(vectors.keys.otherPublicKey).toString());
const plainZip = read(vectors.plain.file);
const sessionOf = (text: SessionText): Session => ({
  iv: Buffer.from(text.ivHex, 'hex'),
  aesKey: Buffer.from(text.aesKeyHex, 'hex'),
});
const decrypt = (bytes: Buffer, session: Session) => buffer(createDecryptor(session).end(bytes));

describe.each(vectors.encrypted)('bundle made by the other tool: $id', (vector) => {
  it('opens the session key', () => {
    expect(openSession(vector.ivSessionKey, publicKey)).toEqual(sessionOf(vector.session));
  });
  it('decrypts to the clear zip', async () => {
    const clear = await decrypt(read(vector.file), openSession(vector.ivSessionKey, publicKey));
    expect(clear.equals(plainZip)).toBe(true);
  });
  it('opens the checksum', () => {
    expect(openChecksum(vector.checksum, publicKey)).toBe(vectors.plain.sha256);
  });
  it('seals to the same session key, cipher text and checksum', async () => {
    const session = sessionOf(vector.session);
    expect(sealSession(session, privateKey)).toBe(vector.ivSessionKey);
    expect((await buffer(createEncryptor(session).end(plainZip))).equals(read(vector.file))).toBe(true);
    expect(sealChecksum(vectors.plain.sha256, privateKey)[vector.id as 'v2' | 'v3']).toBe(vector.checksum);
  });
});

describe.each(vectors.delta.v3.entries)('delta file $file_name', (entry) => {
  const session = sessionOf(vectors.delta.v3.session);
  it('carries the sealed hash of its source', () => {
    expect(openChecksum(entry.file_hash, publicKey)).toBe(entry.sourceSha256);
    expect(sealChecksum(entry.sourceSha256, privateKey).v3).toBe(entry.file_hash);
  });
  it('is encrypted with the session of the bundle', async () => {
    const stored = read(entry.storedObject);
    expect(encryptBytes(await decrypt(stored, session), session).equals(stored)).toBe(true);
  });
});

describe('keys', () => {
  it('names the key as devices do', () => {
    expect(keyIdOf(read(vectors.keys.publicKey).toString())).toBe(vectors.keys.keyId);
    expect(keyIdOf(publicPemOf(privateKey))).toBe(vectors.keys.keyId);
  });
  it('writes a public key as it was read', () => {
    expect(publicPemOf(publicKey)).toBe(read(vectors.keys.publicKey).toString());
  });
  it('refuses a private key where the public one is wanted', () => {
    const pem = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    expect(() => readPublicKey(pem)).toThrow('This is a private key');
    expect(readPrivateKey(pem).equals(privateKey)).toBe(true);
  });
});

describe('what must fail', () => {
  const v3 = vectors.encrypted[0]!;
  const v2 = vectors.encrypted[1]!;
  it('flip-middle-byte decrypts to other bytes', async () => {
    const bytes = read(v3.file);
    bytes[5000]! ^= 1;
    const expected = vectors.negative.find((row) => row.id === 'flip-middle-byte')!.sha256;
    expect(sha256Of(await decrypt(bytes, sessionOf(v3.session)))).toBe(expected);
  });
  it('flip-last-byte breaks the padding', async () => {
    const bytes = read(v3.file);
    bytes[bytes.length - 1]! ^= 1;
    await expect(decrypt(bytes, sessionOf(v3.session))).rejects.toMatchObject({ code: 'ERR_OSSL_BAD_DECRYPT' });
  });
  it('wrong-public-key says so', () => {
    expect(() => openSession(v3.ivSessionKey, otherKey)).toThrow('does not belong');
    expect(() => openChecksum(v2.checksum, otherKey)).toThrow('does not belong');
  });
  it('one-part-session-key is refused', () => {
    expect(() => openSession('BOXA48jOaU2jDuzQO01m6Q==', publicKey)).toThrow('The session key must be');
  });
});
