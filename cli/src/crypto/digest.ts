// Checksums of files and streams: SHA-256 for devices and storage, CRC32 for the oldest plugins, both in one pass.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';

export interface Digest {
  bytes: number;
  /** 64 lower-case hex characters; devices compare case-sensitively. */
  sha256: string;
  /** 8 lower-case hex characters, zero padded. */
  crc32: string;
}

/** Counts and hashes what passes through; `digest()` once the stream has ended. */
export function createDigester(): { stream: Transform; update(chunk: Uint8Array): void; digest(): Digest } {
  const hash = createHash('sha256');
  let crc = 0;
  let bytes = 0;
  const update = (chunk: Uint8Array) => {
    hash.update(chunk);
    crc = crc32(chunk, crc);
    bytes += chunk.length;
  };
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      update(chunk);
      done(null, chunk);
    },
  });
  return { stream, update, digest: () => ({ bytes, sha256: hash.digest('hex'), crc32: crcText(crc) }) };
}

export async function digestFile(path: string): Promise<Digest> {
  const digester = createDigester();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digester.update(chunk as Buffer);
  return digester.digest();
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const crcText = (crc: number) => crc.toString(16).padStart(8, '0');
