// Zip and delta of one web folder, each unpacked as a phone does it: the same files with the same bytes, whatever the build made.

import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sha256Of } from '../crypto/digest.ts';
import { publicPemOf, readPublicKey } from '../crypto/key-pair.ts';
import { createDecryptor, openChecksum, type Session } from '../crypto/seal.ts';
import { aFolder } from '../testing/project.ts';
import { deltaObstacle, prepareDelta, updaterObstacle } from './delta.ts';
import { readZip } from './read-zip.ts';
import { listWebFiles } from './web-folder.ts';
import { writeZip } from './zip.ts';

// Each run writes and reads a folder of files; a busy machine must not fail it.
vi.setConfig({ testTimeout: 120_000 });

type Tree = Record<string, string | Uint8Array>;

const jwk = new URL('../../../vectors/bundle-crypto/keys/test-private.jwk.json', import.meta.url);
const privateKey = createPrivateKey({ key: JSON.parse(readFileSync(jwk, 'utf8')), format: 'jwk' });
const publicKey = readPublicKey(publicPemOf(privateKey));
const session: Session = { iv: Buffer.alloc(16, 1), aesKey: Buffer.alloc(16, 2) };

const base: Tree = { 'index.html': '<script src="a.js"></script>' };
/** Brotli stores a last block of this many incompressible bytes with the same first bytes as the wrapper that devices know. */
const LIKE_A_WRAPPER = 1537;

const trees: [string, Tree][] = [
  ['empty files', { 'empty.js': '', 'css/empty.css': '' }],
  [
    'files that end in .br, beside those they were made of',
    { 'a.js': 'let a', 'a.js.br': 'not Brotli at all', 'empty.br': '' },
  ],
  ['a file .br beside one that is large enough to be compressed', { 'a.js': 'let a;\n'.repeat(4000), 'a.js.br': 'x' }],
  [
    'files of the size that looks like a wrapper',
    { 'a.br': 'x'.repeat(LIKE_A_WRAPPER), 'b.js.br': `${'y'.repeat(LIKE_A_WRAPPER - 1)}\x03` },
  ],
  [
    'packages that the bundler put there',
    { 'assets/node_modules/icons/Icons.ttf': 'font', 'node_modules/lit/index.js': 'lit' },
  ],
  [
    'dot files, source maps, spaces and signs',
    { '.well-known/a.json': '{}', 'a.js.map': '{}', 'a b/ü + %20&#?.js': 'x', "it's (1)~!.js": 'y' },
  ],
  ['names that differ in case', { 'A.js': 'upper', 'a.js': 'lower' }],
  ['large files, packed and not', { 'big.js': 'const x = 1;\n'.repeat(2000), 'photo.png': 'pixel'.repeat(4000) }],
  [
    'names as long as devices can keep',
    { [`${'n'.repeat(180)}`]: 'x', [`${'d'.repeat(200)}/${'e'.repeat(200)}/x.js`]: 'y' },
  ],
];

describe('zip and delta give the same tree', () => {
  it.each(trees)('%s', async (_what, tree) => {
    await expectSameTrees({ ...base, ...tree });
  });

  it('whatever names and contents', async () => {
    const segment = fc
      .string({ unit: fc.constantFrom('a', 'B', 'é', ' ', '.', '-', '+', '%', '日'), minLength: 1, maxLength: 8 })
      .filter((text) => text !== '.' && text !== '..' && text.trim() === text);
    const suffix = fc.constantFrom('', '.js', '.br', '.js.br', '.map', '.png');
    const name = fc
      .tuple(fc.array(segment, { maxLength: 2 }), segment, suffix)
      .map(([folders, last, end]) => [...folders.map((folder) => `${folder}_`), last + end].join('/'));
    const size = fc.constantFrom(0, 1, 5, 1537, 8191, 8192, 20_000);
    const content = fc.tuple(size, fc.boolean(), fc.integer({ min: 0, max: 255 })).map(([bytes, noisy, seed]) => {
      return Uint8Array.from({ length: bytes }, (_, at) => (noisy ? ((at * 2654435761 + seed) >>> 13) & 0xff : seed));
    });
    const files = fc.dictionary(name, content, { maxKeys: 8 });
    await fc.assert(
      fc.asyncProperty(files, async (tree) => {
        await expectSameTrees({ ...tree, ...base });
      }),
      { numRuns: 40 },
    );
  });
});

describe('what cannot be delivered file by file', () => {
  const obstacleOf = async (tree: Tree) => deltaObstacle(await listWebFiles(aFolder(tree)));
  it('a single folder, which devices unwrap from a zip only', async () => {
    expect(await obstacleOf({ 'www/index.html': 'x' })).toMatch(/index\.html/);
  });
  it('a name that does not fit into the cache of devices', async () => {
    expect(await obstacleOf({ ...base, [`${'n'.repeat(200)}.js`]: 'x' })).toMatch(/too long/);
    expect(await obstacleOf({ ...base, [`${'n'.repeat(170)}.js`]: 'x' })).toBeUndefined();
  });
  it.each([
    ['7.27.8', true],
    ['6.25.0', true],
    ['7.36.1', false],
    ['8.51.23', false],
  ])('an empty file for apps with updater %s: %s', async (version, expected) => {
    const files = await listWebFiles(aFolder({ ...base, 'empty.js': '' }));
    expect(updaterObstacle(files, version) !== undefined).toBe(expected);
  });
});

async function expectSameTrees(tree: Tree): Promise<void> {
  const folder = aFolder(tree);
  const files = await listWebFiles(folder);
  const source = new Map(Object.entries(tree).map(([name, content]) => [name, sha256Of(Buffer.from(content))]));
  const scratch = aFolder();
  await writeZip(files, join(scratch, 'bundle.zip'));
  const unzipped = new Map<string, string>();
  for (const entry of await readZip(join(scratch, 'bundle.zip')))
    unzipped.set(entry.name, sha256Of(await entry.read()));
  expect(sorted(unzipped)).toEqual(sorted(source));
  for (const seal of [undefined, { session, privateKey }]) {
    for (const brotli of [true, false]) {
      const options = { folder: scratch, cache: aFolder(), brotli, ...(seal ? { seal } : {}) };
      expect(sorted(await installDelta(files, options))).toEqual(sorted(source));
    }
  }
}

/** Hash of each file by its name, made in the order of a device: decrypt, unpack, strip the suffix, compare. */
async function installDelta(
  files: Awaited<ReturnType<typeof listWebFiles>>,
  options: Parameters<typeof prepareDelta>[1],
): Promise<Map<string, string>> {
  const installed = new Map<string, string>();
  for (const { entry, path } of await prepareDelta(files, options)) {
    const stored = readFileSync(path);
    // Alamofire takes an empty answer for an error.
    expect(stored.length).toBeGreaterThan(0);
    expect([sha256Of(stored), stored.length]).toEqual([entry.sha256, entry.size]);
    const opened = options.seal ? await buffer(createDecryptor(session).end(stored)) : stored;
    const packed = entry.file_name.endsWith('.br');
    const clear = packed ? unpack(opened) : opened;
    const target = packed ? entry.file_name.slice(0, -3) : entry.file_name;
    const expected = options.seal ? openChecksum(entry.file_hash, publicKey) : entry.file_hash;
    expect(sha256Of(clear)).toBe(expected);
    expect(installed.has(target)).toBe(false);
    installed.set(target, sha256Of(clear));
  }
  return installed;
}

/** The two forms that devices know without a decoder, then the decoder. Source: docs/protocol/device.md §6.4. */
function unpack(bytes: Buffer): Buffer {
  const head = bytes.subarray(0, 3).toString('hex');
  if (head === '1b0006' && bytes.length === 3) return Buffer.alloc(0);
  if ((head === '1b0006' || head === '0b0280') && bytes.length > 3 && bytes.at(-1) === 3) return bytes.subarray(3, -1);
  return brotliDecompressSync(bytes);
}

const sorted = (tree: Map<string, string>) => [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
