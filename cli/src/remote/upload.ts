// Brings one file to the server's content-addressed store, or finds that it is there already.

import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@overair/protocol/client';
import type { UploadKind } from '@overair/protocol/files';
import type { Digest } from '../crypto/digest.ts';

export interface StoredFile {
  path: string;
  digest: Digest;
  kind: UploadKind;
}

const RETRY_DELAYS_MS = [500, 2000, 5000];

/** Bytes that travelled; 0 when the server held the file. */
export async function uploadFile(
  client: Client,
  app_id: string,
  file: StoredFile,
  onProgress: (sentBytes: number) => void = () => {},
): Promise<number> {
  const { sha256, bytes } = file.digest;
  const missing = await client.files.missing({ app_id, hashes: [sha256] });
  if (missing.length === 0) return 0;
  await withRetries(() =>
    client.files.upload({
      app_id,
      kind: file.kind,
      sha256,
      size: bytes,
      body: createReadStream(file.path, { highWaterMark: 1 << 18 }),
      onProgress,
    }),
  );
  return bytes;
}

/** Repeats what a broken connection or an overloaded server interrupted; content-addressed uploads may be repeated freely. */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
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

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { status } = error as { status?: number };
  if (error.name === 'ApiError') return status === 429 || status === 502 || status === 503 || status === 504;
  return error.name === 'NetworkError';
}
