// Single files: the rules of names, Brotli and encryption, read back the way a device does.

import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../crypto/digest.ts';
import { publicPemOf, readPublicKey } from '../crypto/key-pair.ts';
import { createDecryptor, openChecksum, type Session } from '../crypto/seal.ts';
import { aFolder } from '../testing/project.ts';
import { type DeltaObject, prepareDelta, supportsDelta } from './delta.ts';
import { listWebFiles } from './web-folder.ts';

const vectors = new URL('../../../vectors/bundle-crypto/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('vectors.json', vectors), 'utf8')) as {
  delta: Record<'plain' | 'v3', { session: { ivHex: string; aesKeyHex: string } | null; entries: VectorEntry[] }>;
};
interface VectorEntry {
  file_name: string;
  file_hash: string;
  storedSha256: string;
}
const www = fileURLToPath(new URL('plain/www', vectors));
const jwk = JSON.parse(readFileSync(new URL('keys/test-private.jwk.json', vectors), 'utf8'));
const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
/** The bytes that devices know as the empty file. */
const EMPTY_FILE = '1b0006';
const byName = (a: { file_name: string }, b: { file_name: string }) => (a.file_name < b.file_name ? -1 : 1);

async function deltaOf(folder: string, seal?: { session: Session }, brotli = true): Promise<DeltaObject[]> {
  const scratch = aFolder();
  const options = { folder: scratch, cache: aFolder(), brotli };
  return prepareDelta(await listWebFiles(folder), seal ? { ...options, seal: { ...seal, privateKey } } : options);
}

describe('prepareDelta', () => {
  it('makes the entries that the other tool makes', async () => {
    const expected = index.delta.plain.entries.map(({ file_name, file_hash }) => ({ file_name, file_hash }));
    const actual = (await deltaOf(www)).map(({ entry }) => ({
      file_name: entry.file_name,
      file_hash: entry.file_hash,
    }));
    expect(actual.sort(byName)).toEqual(expected.sort(byName));
  });

  it('makes the same encrypted objects with the same session, where nothing is compressed', async () => {
    const { session, entries } = index.delta.v3;
    const seal = {
      session: { iv: Buffer.from(session!.ivHex, 'hex'), aesKey: Buffer.from(session!.aesKeyHex, 'hex') },
    };
    const objects = await deltaOf(www, seal);
    for (const vector of entries) {
      const { entry } = objects.find((object) => object.entry.file_name === vector.file_name)!;
      expect(entry.file_hash).toBe(vector.file_hash);
      if (!vector.file_name.endsWith('.br')) expect(entry.sha256).toBe(vector.storedSha256);
    }
  });

  it.each([true, false])('gives back every file on a device, encrypted: %s', async (encrypted) => {
    const source = {
      'index.html': 'x',
      'a/big.js': 'const answer = 42;\n'.repeat(4000),
      'empty.txt': '',
      'small.js': 'y',
    };
    const session: Session = { iv: Buffer.alloc(16, 1), aesKey: Buffer.alloc(16, 2) };
    const objects = await deltaOf(aFolder(source), encrypted ? { session } : undefined);
    expect(objects.map(({ entry }) => entry.file_name)).toEqual([
      'a/big.js.br',
      'empty.txt.br',
      'index.html',
      'small.js',
    ]);
    const publicKey = readPublicKey(publicPemOf(privateKey));
    for (const { entry, path } of objects) {
      const stored = readFileSync(path);
      expect([sha256Of(stored), stored.length]).toEqual([entry.sha256, entry.size]);
      const opened = encrypted ? await buffer(createDecryptor(session).end(stored)) : stored;
      const isEmpty = opened.toString('hex') === EMPTY_FILE;
      const clear = isEmpty ? Buffer.alloc(0) : entry.file_name.endsWith('.br') ? brotliDecompressSync(opened) : opened;
      expect(clear.toString()).toBe(source[entry.file_name.replace(/\.br$/, '') as keyof typeof source]);
      const hashes = encrypted
        ? [entry.file_hash, entry.file_hash_v2!].map((text) => openChecksum(text, publicKey))
        : [entry.file_hash];
      for (const hash of hashes) expect(hash).toBe(sha256Of(clear));
    }
  });

  it('compresses nothing when told so', async () => {
    const [object] = await deltaOf(aFolder({ 'a.js': 'x'.repeat(20_000), 'index.html': 'x' }), undefined, false);
    expect(object?.entry).toMatchObject({ file_name: 'a.js', size: 20_000 });
  });

  it('refuses a bundle that devices could not install file by file', async () => {
    await expect(deltaOf(aFolder({ 'www/index.html': 'x' }))).rejects.toMatchObject({ code: 'delta_impossible' });
  });
});

describe('supportsDelta', () => {
  it.each([
    ['5.9.9', false],
    ['5.10.0', true],
    ['6.24.0', false],
    ['6.25.0', true],
    ['7.0.29', false],
    ['7.0.30', true],
    ['8.0.0', true],
    ['4.15.0', false],
    ['workspace:*', false],
  ])('%s: %s', (version, expected) => {
    expect(supportsDelta(version)).toBe(expected);
  });
});
