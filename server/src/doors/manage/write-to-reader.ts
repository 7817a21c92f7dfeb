// Writes to an answer that goes on for hours, at the speed of who reads it.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

const READER_PATIENCE_MS = 30_000;

/** Waits for a reader that is slow. Rejects with an `AbortError` for one that has stopped, or when the stream is to end. */
export async function writeToReader(
  to: Writable,
  text: string,
  signal: AbortSignal,
  patienceMs = READER_PATIENCE_MS,
): Promise<void> {
  if (to.write(text)) return;
  await once(to, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
}
