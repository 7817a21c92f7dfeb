// The zip, read back the way Android reads it: from local header to local header, never from the directory at the end.

import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestFile } from '../crypto/digest.ts';
import { aFolder } from '../testing/project.ts';
import { listWebFiles, readWebFolder } from './web-folder.ts';
import { writeZip } from './zip.ts';

const random = Uint8Array.from({ length: 9000 }, (_, index) => (index * 7919 + (index >> 3)) % 251);

const app = {
  'index.html': '<html></html>',
  'assets/app.js': 'notifyAppReady();'.repeat(500),
  'assets/ümlaut und leer.txt': 'ä',
  'assets/logo.png': random,
  'empty.txt': '',
  'Z.txt': 'upper case sorts first',
};

describe('writeZip', () => {
  it('keeps every file, sorted by code unit', async () => {
    const entries = await zipAndRead(aFolder(app));
    expect(entries.map(({ name }) => name)).toEqual(Object.keys(app).sort());
    for (const entry of entries) {
      const source = app[entry.name as keyof typeof app];
      expect(entry.data.equals(Buffer.from(source as string))).toBe(true);
    }
  });

  it('puts sizes and checksum into the local headers and deflates only what shrinks', async () => {
    const entries = await zipAndRead(aFolder(app));
    for (const entry of entries) {
      expect(entry.flags & 0x0008).toBe(0);
      expect(entry.crc).toBe(crc32(entry.data));
    }
    const methods = Object.fromEntries(entries.map(({ name, method }) => [name, method]));
    expect(methods).toMatchObject({ 'assets/app.js': 8, 'assets/logo.png': 0, 'empty.txt': 0 });
  });

  it('gives the same bytes for the same content, whatever the times of the files', async () => {
    const [first, second] = [aFolder(app), aFolder(app)];
    utimesSync(join(second, 'index.html'), new Date('2001-02-03'), new Date('2001-02-03'));
    const digests = [await writeZip(await listWebFiles(first), join(first, 'a.zip')), await zipOf(second)];
    expect(digests[0]).toEqual(digests[1]);
  });

  it('digests what it wrote', async () => {
    const folder = aFolder(app);
    const digest = await writeZip(await listWebFiles(folder), join(folder, 'a.zip'));
    expect(await digestFile(join(folder, 'a.zip'))).toEqual(digest);
  });

  it('leaves nothing behind when a file disappears', async () => {
    const folder = aFolder({ 'www/index.html': 'x' });
    const files = [
      ...(await listWebFiles(join(folder, 'www'))),
      { name: 'gone', path: join(folder, 'gone'), bytes: 1 },
    ];
    await expect(writeZip(files, join(folder, 'a.zip'))).rejects.toMatchObject({ code: 'unreadable_file' });
    expect((await listWebFiles(folder)).map(({ name }) => name)).toEqual(['www/index.html']);
  });
});

describe('listWebFiles', () => {
  it('leaves out only what editors leave, and says so', async () => {
    const folder = aFolder({
      'index.html': '',
      '.DS_Store': '',
      'assets/.git/HEAD': '',
      'assets/node_modules/icons/Icons.ttf': 'font',
      '.well-known/a': '',
    });
    const { files, leftOut } = await readWebFolder(folder);
    expect(files.map(({ name }) => name)).toEqual([
      '.well-known/a',
      'assets/node_modules/icons/Icons.ttf',
      'index.html',
    ]);
    expect(leftOut).toEqual(['.DS_Store', 'assets/.git/']);
  });
  it.each([
    ['package.json beside node_modules', { 'package.json': '{}', 'node_modules/x/index.js': '' }],
    ['packages that npm installed', { 'node_modules/.package-lock.json': '{}', 'node_modules/x/index.js': '' }],
    ['packages that pnpm installed', { 'node_modules/.modules.yaml': '', 'node_modules/x/index.js': '' }],
    ['a Capacitor config', { 'capacitor.config.ts': '' }],
  ])('stops at the folder of a project: %s', async (_what, files) => {
    await expect(listWebFiles(aFolder({ 'index.html': '', ...files }))).rejects.toMatchObject({
      code: 'project_folder',
    });
  });
  it('keeps packages that a bundler wrote to the root', async () => {
    const folder = aFolder({ 'index.html': '', 'node_modules/lit/index.js': '' });
    expect((await listWebFiles(folder)).map(({ name }) => name)).toEqual(['index.html', 'node_modules/lit/index.js']);
  });
  it.each([
    ['a backslash', ['a\\b.js']],
    ['a drive letter', ['C:x/a.js']],
    ['two names that iOS takes for one', ['\u00e9.js', 'e\u0301.js']],
    ['a folder that iOS takes for a file', ['\u00e9', 'e\u0301/a.js']],
    ['a path longer than 1024 bytes', [`${'folder-of-forty-characters-no-more-00000/'.repeat(26)}x`]],
  ])('refuses %s', async (_what, names) => {
    const files = Object.fromEntries(names.map((name) => [name, 'x']));
    await expect(listWebFiles(aFolder(files))).rejects.toMatchObject({ code: 'invalid_file_name' });
  });
  it('notices that a build goes on', async () => {
    const folder = aFolder({ 'index.html': 'one' });
    const files = await listWebFiles(folder);
    writeFileSync(join(folder, 'index.html'), 'and more');
    await expect(writeZip(files, join(aFolder(), 'a.zip'))).rejects.toMatchObject({ code: 'file_changed' });
  });
  it.each(['.overair_key', '.overair', '.capgo_key_v2', '.env.production', 'ios/dist.p12'])(
    'never publishes %s',
    async (name) => {
      await expect(listWebFiles(aFolder({ 'index.html': '', [name]: '' }))).rejects.toMatchObject({
        code: 'secret_in_bundle',
      });
    },
  );
  it('refuses a folder that is not there', async () => {
    await expect(listWebFiles('/nowhere/at/all')).rejects.toMatchObject({ code: 'web_folder_not_found' });
  });
});

async function zipOf(folder: string) {
  return writeZip(await listWebFiles(folder), join(folder, 'a.zip'));
}

async function zipAndRead(folder: string) {
  await zipOf(folder);
  return readLocalEntries(readFileSync(join(folder, 'a.zip')));
}

function readLocalEntries(zip: Buffer) {
  const entries = [];
  let at = 0;
  while (zip.readUInt32LE(at) === 0x04034b50) {
    const [nameBytes, extraBytes] = [zip.readUInt16LE(at + 26), zip.readUInt16LE(at + 28)];
    const packed = zip.readUInt32LE(at + 18);
    const start = at + 30 + nameBytes + extraBytes;
    const method = zip.readUInt16LE(at + 8);
    const bytes = zip.subarray(start, start + packed);
    entries.push({
      name: zip.subarray(at + 30, at + 30 + nameBytes).toString(),
      flags: zip.readUInt16LE(at + 6),
      method,
      crc: zip.readUInt32LE(at + 14),
      data: method === 8 ? inflateRawSync(bytes) : bytes,
    });
    at = start + packed;
  }
  return entries;
}
