// The S3 driver against a store that speaks the real protocol on loopback: the shared promise, and what only S3 can get wrong.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakeS3, startFakeS3 } from '../testing/fake-s3.ts';
import { describeBlobDriver, keysBelow } from './driver.suite.ts';
import { openBlobs } from './open.ts';

let s3: FakeS3;
let dataDir: string;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  s3 = await startFakeS3();
  dataDir = await mkdtemp(join(tmpdir(), 'overair-s3-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
  await rm(dataDir, { recursive: true });
});

const open = (prefix: string) => openBlobs(`s3://bundles${prefix}?region=eu-west-1&endpoint=${s3.endpoint}`, dataDir);

describeBlobDriver('an S3 bucket', () => open(''));
describeBlobDriver('an S3 bucket with a prefix', () => open('/some/prefix/'));

describe('an S3 bucket', () => {
  const put = async (key: string, text: string, prefix = '') => {
    const blobs = await open(prefix);
    await blobs.put(key, { stream: Readable.from([Buffer.from(text)]) });
    await blobs.close();
  };

  it('keeps its keys below the prefix, and sees no others', async () => {
    await put('outside/a', 'x');
    await put('inside/b', 'y', '/tenant-7');
    const blobs = await open('/tenant-7');
    expect(await keysBelow(blobs, '')).toEqual(['inside/b']);
    expect(s3.objects.has('tenant-7/inside/b')).toBe(true);
    expect(await blobs.stat('outside/a')).toBeUndefined();
    await blobs.close();
  });

  it('aborts a multipart upload whose source fails', async () => {
    const blobs = await open('');
    const source = new PassThrough();
    const putting = blobs.put('app/half', { stream: source });
    const chunk = Buffer.alloc(1 << 20);
    for (let at = 0; at < 20; at++) {
      if (!source.write(chunk)) await new Promise((resolve) => source.once('drain', resolve));
    }
    source.destroy(new Error('the sender went away'));
    await expect(putting).rejects.toThrow('the sender went away');
    expect(s3.unfinished.size).toBe(0);
    expect(await blobs.stat('app/half')).toBeUndefined();
    await blobs.close();
  });

  it('tries again after a passing failure', async () => {
    const blobs = await open('');
    s3.failNext.push(503);
    await blobs.put('app/again', { stream: Readable.from([Buffer.from('x')]) });
    s3.failNext.push(500);
    expect(await blobs.stat('app/again')).toMatchObject({ size: 1 });
    await blobs.close();
  });

  it('tells a store that refuses as storage_unavailable', async () => {
    const blobs = await openBlobs(`s3://other-bucket?endpoint=${s3.endpoint}`, dataDir);
    await expect(blobs.ping()).rejects.toMatchObject({ code: 'storage_unavailable', status: 503 });
    await blobs.close();
  });

  it('tells a store that is away as storage_unavailable', async () => {
    const gone = await startFakeS3();
    await gone.close();
    const blobs = await openBlobs(`s3://bundles?endpoint=${gone.endpoint}`, dataDir);
    await expect(blobs.stat('a/b')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(keysBelow(blobs, '')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await blobs.close();
  });
});

describe('a storage URL', () => {
  it.each([
    ['s3:///prefix', 'names no bucket'],
    ['ftp://host/x', 'must begin with file: or s3:'],
    ['file:///dev/null/x', '/dev/null/x cannot be used'],
  ])('%s is refused in words', async (url, words) => {
    await expect(openBlobs(url, dataDir)).rejects.toThrow(words);
  });

  it.each(['a b#c?d%20e', 'plain'])('may name the folder %j, as path or as URL', async (name) => {
    const folder = join(dataDir, name);
    const blobs = await openBlobs(`file:${folder}`, dataDir);
    expect(blobs.scratch.dir).toBe(join(folder, 'incoming'));
    expect((await openBlobs(pathToFileURL(folder).href, dataDir)).scratch.dir).toBe(blobs.scratch.dir);
  });
});
