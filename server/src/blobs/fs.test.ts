// The local folder: the shared promise, and what only files can get wrong.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { mountTinyDisk } from '../testing/tiny-disk.ts';
import { describeBlobDriver, keysBelow } from './driver.suite.ts';
import { storageError } from './driver.ts';
import { openFsDriver } from './fs.ts';

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overair blobs-'));
  folders.push(folder);
  return folder;
}
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describeBlobDriver('the local folder', async () => openFsDriver(await newFolder()));

describe('the local folder', () => {
  it('removes empty folders with the last blob in them', async () => {
    const root = await newFolder();
    const blobs = await openFsDriver(root);
    await blobs.put('app/ab/cd', { stream: Readable.from([Buffer.from('x')]) });
    await blobs.remove(['app/ab/cd']);
    expect(await readdir(join(root, 'objects'))).toEqual([]);
  });

  it('sweeps what a crash left, and nothing that a living process writes', async () => {
    const root = await newFolder();
    const living = (await openFsDriver(root)).scratch.newPath();
    await writeFile(living, 'being written');
    const incoming = join(root, 'incoming');
    const host = hostname().replaceAll(/[^A-Za-z0-9]/g, '-');
    const deadPid = Number(execFileSync(process.execPath, ['-p', 'process.pid']));
    const leftovers = {
      ofDeadProcess: join(incoming, `${host}.${deadPid}.instance.file`),
      ofPredecessorWithOurPid: join(incoming, `${host}.${process.pid}.other-instance.file`),
      ofOtherHost: join(incoming, 'elsewhere.1.instance.file'),
      ofOtherHostLongAgo: join(incoming, 'elsewhere.2.instance.file'),
    };
    for (const path of Object.values(leftovers)) await writeFile(path, 'half');
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(leftovers.ofOtherHostLongAgo, longAgo, longAgo);

    await openFsDriver(root);
    const left = (await readdir(incoming)).map((name) => join(incoming, name)).sort();
    expect(left).toEqual([living, leftovers.ofOtherHost].sort());
  });

  it('shows nothing of a put that SIGKILL interrupted, and sweeps it', async () => {
    const root = await newFolder();
    const program = `
      import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
      const { openFsDriver } = await import(${JSON.stringify(new URL('./fs.ts', import.meta.url).href)});
      const blobs = await openFsDriver(${JSON.stringify(root)});
      await blobs.put('app/done', { stream: Readable.from([Buffer.from('done')]) });
      async function* endless() { for (;;) { yield Buffer.alloc(1000); await new Promise(setImmediate); } }
      console.log('acknowledged');
      await blobs.put('app/half', { stream: Readable.from(endless()) });`;
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await expect.poll(() => readdir(join(root, 'incoming')), { timeout: 15_000 }).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const blobs = await openFsDriver(root);
    expect(await keysBelow(blobs, '')).toEqual(['app/done']);
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it('fails a ping when the folder is gone', async () => {
    const root = await newFolder();
    const blobs = await openFsDriver(root);
    await rm(root, { recursive: true });
    await expect(blobs.ping()).rejects.toThrow('ENOENT');
  });

  it('closes the file when it was read to its end, and when the reader stops early', async () => {
    const blobs = await openFsDriver(await newFolder());
    await blobs.put('app/large', { stream: Readable.from([Buffer.alloc(3_000_000)]) });
    const whole = await blobs.read('app/large');
    const wholeClosed = once(whole!.stream, 'close');
    expect((await buffer(whole!.stream)).length).toBe(3_000_000);
    await wholeClosed;
    const half = await blobs.read('app/large');
    const halfClosed = new Promise((resolve) => half!.stream.once('close', resolve));
    for await (const _chunk of half!.stream) break;
    await halfClosed;
  });
});

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('%s is told as insufficient_storage', (code) => {
    expect(storageError(Object.assign(new Error('write'), { code }))).toMatchObject({
      code: 'insufficient_storage',
      status: 507,
    });
  });

  it('other errors stay what they are', () => {
    const error = Object.assign(new Error('read'), { code: 'EIO' });
    expect(storageError(error)).toBe(error);
  });

  it('leaves nothing behind', async ({ skip }) => {
    const disk = await mountTinyDisk();
    if (disk === undefined) return skip();
    const blobs = await openFsDriver(disk);
    await blobs.put('app/small', { stream: Readable.from([Buffer.alloc(1000)]) });
    const large = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(100_000)));
    await expect(blobs.put('app/large', { stream: large })).rejects.toMatchObject({ code: 'insufficient_storage' });
    expect(await readdir(blobs.scratch.dir)).toEqual([]);
    expect(await keysBelow(blobs, '')).toEqual(['app/small']);
    await blobs.put('app/small2', { stream: Readable.from([Buffer.alloc(1000)]) });
  });
});
