// What receiving counts, and where it stops.

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiveFile } from './receive.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overair-receive-'));
});
afterAll(() => rm(folder, { recursive: true }));

const chunks = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));

describe('receiving a file', () => {
  it('counts, hashes and keeps what comes', async () => {
    const path = join(folder, 'whole');
    // The check value of CRC-32, and the SHA-256 of the same nine digits.
    expect(await receiveFile(chunks('1234', '56789'), path, 9)).toEqual({
      size: 9,
      crc32: 'cbf43926',
      sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    });
    expect(await readFile(path, 'utf8')).toBe('123456789');
  });

  it('pads a CRC-32 to eight digits', async () => {
    expect(await receiveFile(chunks('33'), join(folder, 'padded'), 9)).toMatchObject({ crc32: '0a6216d9' });
  });

  it('writes nothing beyond the limit', async () => {
    const path = join(folder, 'over');
    const refused = receiveFile(chunks('12345', '6789'), path, 8);
    await expect(refused).rejects.toMatchObject({ code: 'upload_too_large', detail: { limit: 8 } });
    expect((await stat(path)).size).toBe(5);
  });

  it('overwrites nothing', async () => {
    const path = join(folder, 'taken');
    await receiveFile(chunks('first'), path, 10);
    await expect(receiveFile(chunks('second'), path, 10)).rejects.toThrow('EEXIST');
    expect(await readFile(path, 'utf8')).toBe('first');
  });

  it('tells a broken connection as an incomplete upload, and other failures as they are', async () => {
    const broken = (code: string) =>
      Readable.from(
        (async function* () {
          yield Buffer.from('abc');
          throw Object.assign(new Error('broken'), { code });
        })(),
      );
    const path = () => join(folder, crypto.randomUUID());
    await expect(receiveFile(broken('ECONNRESET'), path(), 10)).rejects.toMatchObject({
      code: 'incomplete_upload',
      detail: { received: 3 },
    });
    await expect(receiveFile(broken('EIO'), path(), 10)).rejects.toThrow('broken');
  });
});
