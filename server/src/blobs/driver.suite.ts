// The one promise that every blob driver keeps. Each driver's test calls it with a way to open a fresh store.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobDriver, BlobListing } from './driver.ts';

export function describeBlobDriver(name: string, openDriver: () => Promise<BlobDriver>): void {
  describe(`${name} keeps the promise of a blob driver`, () => {
    let blobs: BlobDriver;
    beforeAll(async () => {
      blobs = await openDriver();
    });
    afterAll(() => blobs.close());

    const contentOf = async (key: string) => {
      const found = await blobs.read(key);
      return found && (await buffer(found.stream));
    };

    it('gives back what a stream put', async () => {
      await blobs.put('app1/aa/one', { stream: Readable.from([Buffer.from('hello '), Buffer.from('world')]) });
      expect((await contentOf('app1/aa/one'))?.toString()).toBe('hello world');
      expect(await blobs.stat('app1/aa/one')).toMatchObject({ size: 11, modified_at: expect.any(Date) });
    });

    it('gives back what a file put, and leaves the file to its owner', async () => {
      const path = blobs.scratch.newPath();
      const bytes = randomBytes(300_000);
      await writeFile(path, bytes);
      await blobs.put('app1/aa/file', { path });
      expect(await readFile(path)).toEqual(bytes);
      await rm(path);
      expect(await contentOf('app1/aa/file')).toEqual(bytes);
    });

    it('holds an empty blob', async () => {
      await blobs.put('app1/empty', { stream: Readable.from([]) });
      expect(await blobs.stat('app1/empty')).toMatchObject({ size: 0 });
      expect((await contentOf('app1/empty'))?.length).toBe(0);
    });

    it('holds more than fits into one part of a multipart upload', async () => {
      const chunk = randomBytes(1 << 20);
      await blobs.put('app1/large', { stream: Readable.from(Array.from({ length: 18 }, () => chunk)) });
      expect(await blobs.stat('app1/large')).toMatchObject({ size: 18 << 20 });
      const found = await blobs.read('app1/large', { start: (17 << 20) - 2, end: (17 << 20) + 1 });
      expect(await buffer(found!.stream)).toEqual(Buffer.concat([chunk.subarray(-2), chunk.subarray(0, 2)]));
    });

    it('streams a range, and says how large the whole is', async () => {
      await blobs.put('app1/range', { stream: Readable.from([Buffer.from('0123456789')]) });
      for (const [start, end, expected] of [
        [0, 0, '0'],
        [3, 5, '345'],
        [9, 9, '9'],
        [0, 9, '0123456789'],
      ] as const) {
        const found = await blobs.read('app1/range', { start, end });
        expect(found?.size).toBe(10);
        expect((await buffer(found!.stream)).toString()).toBe(expected);
      }
    });

    it('replaces', async () => {
      await blobs.put('app1/replaced', { stream: Readable.from([Buffer.from('old and long')]) });
      await blobs.put('app1/replaced', { stream: Readable.from([Buffer.from('new')]) });
      expect((await contentOf('app1/replaced'))?.toString()).toBe('new');
    });

    it('knows what it does not have', async () => {
      expect(await blobs.read('app1/none')).toBeUndefined();
      expect(await blobs.read('app1/none', { start: 0, end: 0 })).toBeUndefined();
      expect(await blobs.stat('app1/none')).toBeUndefined();
      // A folder, or a blob taken for a folder, is no blob either.
      expect(await blobs.stat('app1/aa')).toBeUndefined();
      expect(await blobs.stat('app1/aa/one/deeper')).toBeUndefined();
    });

    it('removes, and does not mind what is gone already', async () => {
      await blobs.put('app2/a/1', { stream: Readable.from([Buffer.from('1')]) });
      await blobs.put('app2/a/2', { stream: Readable.from([Buffer.from('2')]) });
      await blobs.remove(['app2/a/1', 'app2/a/never']);
      expect(await blobs.stat('app2/a/1')).toBeUndefined();
      expect(await blobs.stat('app2/a/2')).toBeDefined();
      await blobs.remove(['app2/a/1', 'app2/a/2']);
      expect(await keysBelow(blobs, 'app2/')).toEqual([]);
      await blobs.put('app2/a/1', { stream: Readable.from([Buffer.from('again')]) });
      expect((await contentOf('app2/a/1'))?.toString()).toBe('again');
    });

    it('lists a folder, and no neighbour with a similar name', async () => {
      const keys = ['app3/a/1', 'app3/a/2', 'app3/b'];
      for (const key of [...keys, 'app33/a']) await blobs.put(key, { stream: Readable.from([Buffer.from(key)]) });
      expect(await keysBelow(blobs, 'app3/')).toEqual(keys);
      expect(await keysBelow(blobs, 'app3/a/')).toEqual(['app3/a/1', 'app3/a/2']);
      expect(await keysBelow(blobs, 'app4/')).toEqual([]);
      expect(await keysBelow(blobs, '')).toEqual(expect.arrayContaining([...keys, 'app33/a']));
      const listing = await listed(blobs, 'app33/');
      expect(listing).toEqual([{ key: 'app33/a', size: 7, modified_at: expect.any(Date) }]);
    });

    it('keeps nothing of a source that fails half-way', async () => {
      const source = new PassThrough();
      const putting = blobs.put('app1/half', { stream: source });
      source.write(Buffer.alloc(100_000));
      source.destroy(new Error('the sender went away'));
      await expect(putting).rejects.toThrow('the sender went away');
      expect(await blobs.stat('app1/half')).toBeUndefined();
      expect(await readdir(blobs.scratch.dir)).toEqual([]);
    });

    it('holds one blob when the same is put several times at once', async () => {
      const bytes = randomBytes(100_000);
      const putting = Array.from({ length: 8 }, () => blobs.put('app5/aa/same', { stream: Readable.from([bytes]) }));
      await Promise.all(putting);
      expect(await contentOf('app5/aa/same')).toEqual(bytes);
      expect(await keysBelow(blobs, 'app5/')).toEqual(['app5/aa/same']);
    });

    it('puts and removes neighbours at the same time', async () => {
      for (let round = 0; round < 50; round++) {
        await blobs.put('app6/aa/gone', { stream: Readable.from([Buffer.from('x')]) });
        await Promise.all([
          blobs.remove(['app6/aa/gone']),
          blobs.put(`app6/aa/kept${round}`, { stream: Readable.from([Buffer.from('y')]) }),
        ]);
        expect(await blobs.stat(`app6/aa/kept${round}`)).toBeDefined();
        await blobs.remove([`app6/aa/kept${round}`]);
      }
    });

    it.each(['', '/abs', '../up', 'a/../b', 'a//b', 'a/', '.hidden', 'a\\b', 'a\0b', 'é', 'x'.repeat(256)])(
      'refuses the key %j',
      async (key) => {
        const put = async () => blobs.put(key, { stream: Readable.from([]) });
        await expect(put()).rejects.toThrow('Not a blob key');
        await expect((async () => blobs.read(key))()).rejects.toThrow('Not a blob key');
      },
    );

    it('answers a ping', async () => {
      await blobs.ping();
    });
  });
}

async function listed(blobs: BlobDriver, prefix: string): Promise<BlobListing[]> {
  const found: BlobListing[] = [];
  for await (const listing of blobs.list(prefix)) found.push(listing);
  return found;
}

export async function keysBelow(blobs: BlobDriver, prefix: string): Promise<string[]> {
  return (await listed(blobs, prefix)).map((found) => found.key).sort();
}
