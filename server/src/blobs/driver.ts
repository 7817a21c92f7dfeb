// What a place for bytes must be able to do: the seam between the rooms and a disk or an S3-compatible store.
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import type { Scratch } from './scratch.ts';

/** Bytes `start` to `end`, both included, counted from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface BlobStat {
  size: number;
  modified_at: Date;
}

export interface BlobListing extends BlobStat {
  key: string;
}

/** A file stays the caller's: `put` neither moves nor changes it. A stream is read to its end. */
export type BlobSource = { path: string } | { stream: Readable };

/** `size` is that of the whole blob, also when only a range of it is streamed. */
export interface BlobRead {
  size: number;
  stream: Readable;
}

export interface BlobDriver {
  /** Where this process may write files before they are put. */
  readonly scratch: Scratch;
  /** Whole or not at all: a reader never sees half a blob, and what was acknowledged survives a crash. Replaces. */
  put(key: string, source: BlobSource): Promise<void>;
  read(key: string, range?: ByteRange): Promise<BlobRead | undefined>;
  stat(key: string): Promise<BlobStat | undefined>;
  /** Keys that are not there count as removed. */
  remove(keys: readonly string[]): Promise<void>;
  /** All blobs below a folder (`''` or ending in `/`), in no particular order. */
  list(prefix: string): AsyncIterable<BlobListing>;
  /** Rejects when the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const keyPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}){0,7}$/;

/** Keys are made by this program. One that could leave its folder, or that a file system cannot hold, is a bug. */
export function assertBlobKey(key: string): void {
  if (!keyPattern.test(key)) throw new Error(`Not a blob key: ${JSON.stringify(key)}`);
}

export function assertBlobPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) throw new Error(`A blob prefix ends in a slash: ${JSON.stringify(prefix)}`);
  assertBlobKey(prefix.slice(0, -1));
}

/** Content-addressed and apart for every app: tenants share nothing, and an app's bytes are one folder. */
export function objectKey(appUuid: string, sha256: string): string {
  return `${appUuid}/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

const insufficientStorage = (cause: unknown) =>
  new AppError('insufficient_storage', 507, 'The server has no space left to store this', {}, { cause });

/** Gives a full disk its own error; passes everything else on. */
export function storageError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? insufficientStorage(error) : error;
}
