// Brings files to the server's content-addressed store: only those it lacks, several at once, large ones resumably.

import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '../in-parallel.ts';
import type { Remote } from './client.ts';
import type { StoredFile } from './stored-file.ts';
import { isBodyLimit, sendSmallerThan, uploadResumably } from './tus.ts';

interface UploadBatch {
  app_id: string;
  files: StoredFile[];
  /** Folder that remembers unfinished uploads. */
  cache: string;
  /** Told the bytes to send once that is known, before the first byte. */
  onStart?: (totalBytes: number) => void;
  onProgress?: (sentBytes: number) => void;
}

export interface Sent {
  files: number;
  bytes: number;
}

const HASHES_PER_CALL = 10_000;
const UPLOADS_AT_ONCE = 6;
/** Above this an upload that breaks is continued instead of repeated. */
const RESUMABLE_FROM_BYTES = 8 << 20;
const RETRY_DELAYS_MS = [500, 2000, 5000];

/** Sends what the server does not hold yet. */
export async function uploadFiles(remote: Remote, batch: UploadBatch): Promise<Sent> {
  const missing = await findMissing(remote, batch);
  const bytes = missing.reduce((sum, file) => sum + file.digest.bytes, 0);
  batch.onStart?.(bytes);
  const sentBytes = new Map<StoredFile, number>();
  let total = 0;
  const report = (file: StoredFile) => (sent: number) => {
    total += sent - (sentBytes.get(file) ?? 0);
    sentBytes.set(file, sent);
    batch.onProgress?.(total);
  };
  await inParallel(missing, UPLOADS_AT_ONCE, (file) => uploadFile(remote, batch, file, report(file)));
  return { files: missing.length, bytes };
}

async function findMissing({ client }: Remote, { app_id, files }: UploadBatch): Promise<StoredFile[]> {
  // Two files of an app may have the same content; one upload serves both.
  const byHash = new Map(files.map((file) => [file.digest.sha256, file]));
  const hashes = [...byHash.keys()];
  const missing: StoredFile[] = [];
  for (let start = 0; start < hashes.length; start += HASHES_PER_CALL) {
    const call = { app_id, hashes: hashes.slice(start, start + HASHES_PER_CALL) };
    for (const hash of await withRetries(() => client.files.missing(call))) missing.push(byHash.get(hash)!);
  }
  return missing;
}

async function uploadFile(
  { client, connection }: Remote,
  { app_id, cache }: UploadBatch,
  file: StoredFile,
  onProgress: (sentBytes: number) => void,
): Promise<void> {
  const { kind, path } = file;
  const { sha256, bytes } = file.digest;
  const inParts = () => uploadResumably({ connection, app_id, file, cache, onProgress });
  if (bytes > RESUMABLE_FROM_BYTES) return inParts();
  await withRetries(() =>
    client.files.upload({
      app_id,
      kind,
      sha256,
      size: bytes,
      body: createReadStream(path, { highWaterMark: 1 << 18 }),
      onProgress,
    }),
  ).catch(async (error) => {
    if (!isBodyLimit(error)) throw error;
    sendSmallerThan(connection, bytes);
    await inParts();
  });
}

/** Repeats what a broken connection or an overloaded server interrupted; content-addressed uploads may be repeated freely. */
async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(delayMs);
    }
  }
  return attempt();
}

/** Cloudflare's own words for a server that it did not reach. */
const isGatewayOfCdn = (status = 0) => status >= 520 && status <= 524;

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { status } = error as { status?: number };
  if (error.name === 'ApiError')
    return status === 429 || status === 502 || status === 503 || status === 504 || isGatewayOfCdn(status);
  return error.name === 'NetworkError';
}
