// What may be released as a zip: the archives of the shared vectors, and hand-made ones for every rule.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip, type ZipPart } from '../../testing/zip-maker.ts';
import { assertInstallableZip } from './zip-check.ts';
import { defaultZipLimits, type ZipLimits, type ZipRule } from './zip-rules.ts';

const vectors = new URL('../../../../vectors/bundle-crypto/', import.meta.url);

interface ZipVector {
  file: string;
  android: string;
  ios: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overair-zip-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function ruleBrokenBy(bytes: Buffer, limits: Partial<ZipLimits> = {}): Promise<unknown> {
  const path = join(folder, 'bundle.zip');
  await writeFile(path, bytes);
  const refused = assertInstallableZip(path, { ...defaultZipLimits, ...limits });
  return refused.then(
    () => 'none',
    (error) => {
      expect(error).toMatchObject({ code: 'invalid_zip', status: 400, message: expect.stringMatching(/\w/) });
      expect(Object.keys(error.detail)).toEqual(['rule', 'entry']);
      return error.detail.rule;
    },
  );
}

describe('an archive that', () => {
  const { zips } = JSON.parse(readFileSync(new URL('vectors.json', vectors), 'utf8')) as { zips: ZipVector[] };
  const rules: Record<string, ZipRule> = {
    'ios-bad-single-folder-plus-macosx': 'no_index_html',
    'bad-no-index': 'no_index_html',
    'bad-index-two-levels': 'no_index_html',
    'bad-backslash': 'name_backslash',
    'bad-traversal': 'name_traversal',
    'bad-dotdot-inside': 'name_traversal',
    'bad-absolute': 'name_absolute',
    'bad-stored-data-descriptor': 'stored_with_data_descriptor',
    'bad-bzip2': 'compression_method',
    'bad-not-a-zip': 'not_a_zip',
  };
  it.each(zips)(
    'devices judge ($file: Android "$android", iOS "$ios") is judged alike',
    async ({ file, android, ios }) => {
      const name = file.replace(/^zips\/(.*)\.zip$/, '$1');
      const isInstallable = android === 'ok' && ios === 'ok';
      expect(await ruleBrokenBy(readFileSync(new URL(file, vectors)))).toBe(isInstallable ? 'none' : rules[name]);
    },
  );

  it.each(['plain/bundle.zip'])('the real CLI made (%s) passes', async (file) => {
    expect(await ruleBrokenBy(readFileSync(new URL(file, vectors)))).toBe('none');
  });
});

const index: ZipPart = { name: 'index.html', content: '<html></html>' };
const text = 'text '.repeat(1000);
const deflatedText = deflateRawSync(Buffer.from(text));
const regularFile = 0o100644;
const folderMode = 0o040755;

const accepted: [string, ZipPart[]][] = [
  ['one file', [index]],
  ['folders with and without entries of their own', [index, { name: 'a/', method: 0 }, { name: 'b/c/d.js' }]],
  ['a folder named twice', [index, { name: 'a/', method: 0 }, { name: 'a/', method: 0 }]],
  [
    'Unix modes',
    [
      { ...index, mode: regularFile },
      { name: 'a/', method: 0, mode: folderMode },
    ],
  ],
  ['names in UTF-8', [index, { name: 'ü/ö é+&.js', content: text }]],
  ['names that differ in case', [index, { name: 'A.js' }, { name: 'a.js' }]],
  ['dots inside names', [index, { name: 'a..b/...c' }]],
  [
    'a descriptor after deflated data',
    [
      { ...index, flags: 0x808 },
      { name: 'a', content: text, flags: 0x808 },
    ],
  ],
  ['an empty stored file', [index, { name: 'empty', method: 0 }]],
  ['an index behind a ./', [{ ...index, name: './index.html' }]],
  ['one folder that holds all', [{ ...index, name: 'www/index.html' }, { name: 'www/a.js' }]],
  ['index at the root and in a folder', [index, { ...index, name: 'www/index.html' }]],
];

const refused: [ZipRule, string, ZipPart[]][] = [
  ['no_index_html', 'no entries', []],
  ['no_index_html', 'another case', [{ ...index, name: 'Index.html' }]],
  ['no_index_html', 'a folder of that name', [{ name: 'index.html/', method: 0 }, { name: 'a.js' }]],
  ['no_index_html', 'two folders', [{ ...index, name: 'a/index.html' }, { name: 'b/x' }]],
  ['no_index_html', 'a folder and a dot file', [{ ...index, name: 'a/index.html' }, { name: '.DS_Store' }]],
  ['no_index_html', 'one hidden folder', [{ ...index, name: '.www/index.html' }]],
  ['encrypted_entry', 'a password', [index, { name: 'a', flags: 0x801 }]],
  ['compression_method', 'deflate64', [index, { name: 'a', method: 9 }]],
  ['stored_with_data_descriptor', 'a file', [index, { name: 'a', method: 0, content: 'x', flags: 0x808 }]],
  ['stored_with_data_descriptor', 'a folder', [index, { name: 'a/', method: 0, flags: 0x808 }]],
  ['name_backslash', 'a Windows path', [index, { name: 'a\\b' }]],
  ['name_nul', 'a NUL', [index, { name: 'a\0.js' }]],
  ['name_absolute', 'a slash in front', [index, { name: '/a' }]],
  ['name_absolute', 'a drive', [index, { name: 'C:/a' }]],
  ['name_traversal', 'a way out', [index, { name: '../../a' }]],
  ['name_traversal', 'a way out at the end', [index, { name: 'a/..' }]],
  ['name_empty', 'the root', [index, { name: './', method: 0 }]],
  ['name_empty', 'no name', [index, { name: '' }]],
  ['name_too_long', 'a segment of 256 bytes', [index, { name: `a/${'é'.repeat(128)}` }]],
  ['name_too_long', 'a path of 1025 bytes', [index, { name: 'abcd/'.repeat(205) }]],
  ['name_not_utf8', 'Latin-1', [index, { name: Buffer.from('caf\xe9', 'latin1') }]],
  ['symbolic_link', 'a link', [index, { name: 'a', content: '../../etc/passwd', mode: 0o120777 }]],
  ['special_file', 'a device', [index, { name: 'a', mode: 0o020666 }]],
  ['special_file', 'a folder without a slash', [index, { name: 'a', mode: folderMode }]],
  ['duplicate_entry', 'the same name', [index, { name: 'a.js' }, { name: 'a.js' }]],
  ['duplicate_entry', 'the same target', [index, { name: 'x/a.js' }, { name: 'x//./a.js' }]],
  ['duplicate_entry', 'the same name for iOS', [index, { name: 'é'.normalize('NFC') }, { name: 'é'.normalize('NFD') }]],
  ['duplicate_entry', 'a file that is a folder', [index, { name: 'a' }, { name: 'a/b' }]],
  ['duplicate_entry', 'a file that is an empty folder', [index, { name: 'a' }, { name: 'a/', method: 0 }]],
  ['header_mismatch', 'another name', [index, { name: 'a', local: { name: 'b' } }]],
  ['header_mismatch', 'another method', [index, { name: 'a', content: text, local: { method: 0 } }]],
  ['header_mismatch', 'other flags', [index, { name: 'a', content: text, local: { flags: 0x808 } }]],
  ['header_mismatch', 'another size', [index, { name: 'a', content: text, local: { compressedSize: 1 } }]],
  ['header_mismatch', 'another sum', [index, { name: 'a', content: text, local: { crc32: 1 } }]],
  ['hidden_data', 'bytes in front', [{ ...index, before: Buffer.from('#!/bin/sh\n') }]],
  ['hidden_data', 'an unlisted entry', [index, { name: 'a', before: makeZip([{ name: 'evil.js' }]).subarray(0, 39) }]],
  ['overlapping_entries', 'the same bytes twice', [index, { name: 'index.html', content: '<html></html>', offset: 0 }]],
  ['damaged', 'an entry beyond the end', [index, { name: 'a', offset: 10_000 }]],
  ['damaged', 'a wrong sum', [index, { name: 'a', content: text, crc32: 1 }]],
  ['damaged', 'more than it says', [index, { name: 'a', content: text, uncompressedSize: 10 }]],
  ['damaged', 'less than it says', [index, { name: 'a', content: text, uncompressedSize: 10_000 }]],
  ['damaged', 'no data where some must be', [index, { name: 'a', packed: Buffer.alloc(0) }]],
  ['damaged', 'data that is not deflated', [index, { name: 'a', packed: Buffer.from('garbage'), content: text }]],
  ['damaged', 'half of the data', [index, { name: 'a', packed: deflatedText.subarray(0, 10), content: text }]],
  [
    'damaged',
    'bytes after its data',
    [index, { name: 'a', packed: Buffer.concat([deflatedText, Buffer.from(text)]), content: text }],
  ],
  ['damaged', 'a stored size that differs', [index, { name: 'a', method: 0, content: 'abc', uncompressedSize: 2 }]],
];

describe('a hand-made zip with', () => {
  it.each(accepted)('%s is accepted', async (_what, parts) => {
    expect(await ruleBrokenBy(makeZip(parts))).toBe('none');
  });

  it.each(refused)('%s (%s) is refused', async (rule, _what, parts) => {
    expect(await ruleBrokenBy(makeZip(parts))).toBe(rule);
  });

  it('hidden bytes before the directory is refused', async () => {
    expect(await ruleBrokenBy(makeZip([index], { after: Buffer.from('signing block') }))).toBe('hidden_data');
  });

  it('its end cut off is refused', async () => {
    expect(await ruleBrokenBy(makeZip([index]).subarray(0, -10))).toBe('not_a_zip');
  });

  it('nothing in it is refused', async () => {
    expect(await ruleBrokenBy(Buffer.alloc(0))).toBe('not_a_zip');
  });
});

describe('a zip bomb', () => {
  const zeros = { name: 'zeros', content: Buffer.alloc(1_000_000) };

  it.each<[ZipRule | 'none', Partial<ZipLimits>]>([
    ['none', {}],
    ['too_many_entries', { entries: 1 }],
    ['too_large_unpacked', { unpackedBytes: 900_000 }],
    ['compression_ratio', { ratioFromBytes: 900_000 }],
  ])('meets %s', async (rule, limits) => {
    expect(await ruleBrokenBy(makeZip([index, zeros]), limits)).toBe(rule);
  });

  it('that hides its size is damaged, not too large: it is read no further than it says', async () => {
    const bomb = { name: 'zeros', content: Buffer.alloc(50_000_000), uncompressedSize: 1000 };
    const limits = { unpackedBytes: 10_000_000 };
    expect(await ruleBrokenBy(makeZip([index, bomb]), limits)).toBe('damaged');
  });

  it('of entries that share their data is refused', async () => {
    const one = makeZip([zeros]).length;
    const copies = Array.from({ length: 50 }, (_, at) => ({ ...zeros, name: `zeros${at}`, offset: 0 }));
    expect(one).toBeLessThan(2000);
    expect(await ruleBrokenBy(makeZip([index, ...copies]))).toMatch(/overlapping_entries|header_mismatch/);
  });
});
