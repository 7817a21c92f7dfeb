// Bytes from a connection into a file: counted, hashed, and never more than allowed.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { storageError } from '../../blobs/driver.ts';
import { AppError } from '../../errors.ts';

export interface Received {
  size: number;
  sha256: string;
  /** 8 lower-case hex digits. */
  crc32: string;
}

export const uploadTooLarge = (limit: number) =>
  new AppError('upload_too_large', 413, `An upload may have at most ${limit} bytes`, { limit });

export const incompleteUpload = (received: number, cause?: unknown) =>
  new AppError('incomplete_upload', 400, 'The connection ended before the whole upload came', { received }, { cause });

/** Writes a new file at `path`; after an error it may be there in part. The source is left open for an answer. */
export async function receiveFile(source: Readable, path: string, limit: number): Promise<Received> {
  const hash = createHash('sha256');
  let size = 0;
  let sum = 0;
  const file = await create(path);
  try {
    for await (const chunk of chunksOf(source)) {
      size += chunk.length;
      if (size > limit) throw uploadTooLarge(limit);
      // The disk works while we count.
      const written = writeAll(file, chunk);
      hash.update(chunk);
      sum = crc32(chunk, sum);
      await written;
    }
  } finally {
    await file.close();
  }
  return { size, sha256: hash.digest('hex'), crc32: sum.toString(16).padStart(8, '0') };
}

export async function create(path: string): Promise<FileHandle> {
  return open(path, 'wx').catch((error) => {
    throw storageError(error);
  });
}

/** The chunks of a request body, which stays open for an answer. A broken connection is an `incomplete_upload`. */
export async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw isDisconnect(error) ? incompleteUpload(received, error) : error;
  }
}

function isDisconnect(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE';
}

export async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  try {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  } catch (error) {
    throw storageError(error);
  }
}
