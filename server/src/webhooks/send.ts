// One attempt over HTTP: no redirect is followed, no private address reached, no more read than is kept.

import type { Dispatcher } from 'undici';
import { request } from 'undici';
import { storableText } from '../storable-text.ts';

const TIMEOUT_MS = 20_000;
const KEPT_BYTES = 10_000;

export interface SendResult {
  /** Undefined when no answer came. */
  status: number | undefined;
  /** The beginning of the answer, or the reason why there is none. */
  body: string;
  retryAfter: string | undefined;
  durationMs: number;
}

export async function send(
  dispatcher: Dispatcher,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<SendResult> {
  const startedMs = Date.now();
  const outcome = (status: number | undefined, text: string, retryAfter?: string) => ({
    status,
    body: text,
    retryAfter,
    durationMs: Date.now() - startedMs,
  });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, { dispatcher, method: 'POST', headers, body, signal });
    const retryAfter = answer.headers['retry-after'];
    const text = await beginning(answer.body);
    return outcome(answer.statusCode, text, typeof retryAfter === 'string' ? retryAfter : undefined);
  } catch (error) {
    return outcome(undefined, reasonOf(error));
  }
}

/** The status has come already: an answer that is too long or breaks off is as good as one that ended here. */
async function beginning(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= KEPT_BYTES) break;
    }
  } catch {
    body.destroy();
  }
  return storableText(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8'));
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `No answer within ${TIMEOUT_MS / 1000} seconds`;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ERR_BLOCKED_ADDRESS') return 'The address is not a public one';
  return code ?? message ?? 'The request failed';
}
