// Asks an address that an owner named for one JSON number: addresses are checked at connect time, no redirect is followed.

import type { Dispatcher } from 'undici';
import { request } from 'undici';
import type { OutboundProxies } from './outbound-proxy.ts';
import { safeDispatcher } from './safe-connect.ts';

const TIMEOUT_MS = 10_000;
/** A number has few digits. */
const MOST_BYTES = 1_024;

/** A reason is one sentence for its owner, without the address. */
export type FetchedNumber = { readonly value: number } | { readonly failure: string };

export interface NumberFetcher {
  ask(url: string): Promise<FetchedNumber>;
  close(): Promise<void>;
}

export function openNumberFetcher(options: {
  allowPrivate: boolean;
  proxies?: OutboundProxies | undefined;
}): NumberFetcher {
  const dispatcher = safeDispatcher({ ...options, timeoutMs: TIMEOUT_MS });
  return { ask: (url) => fetchNumber(dispatcher, url), close: () => dispatcher.destroy() };
}

async function fetchNumber(dispatcher: Dispatcher, url: string): Promise<FetchedNumber> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, { dispatcher, headers: { accept: 'application/json' }, signal });
    const text = await readShort(answer.body);
    if (answer.statusCode !== 200) return { failure: `It answered ${answer.statusCode}` };
    return text === undefined ? { failure: NO_NUMBER } : numberOf(text);
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

const NO_NUMBER = 'Its answer is no JSON number';

/** Undefined: longer than a number is. */
async function readShort(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= MOST_BYTES) continue;
    body.destroy();
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function numberOf(text: string): FetchedNumber {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return typeof value === 'number' && Number.isFinite(value) ? { value } : { failure: NO_NUMBER };
}

function reasonOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  if (code === 'ERR_BLOCKED_ADDRESS') return 'Its address is not a public one';
  if (name === 'TimeoutError' || /TIMEOUT/.test(code ?? '')) return `No answer within ${TIMEOUT_MS / 1000} seconds`;
  return code === undefined ? 'The request failed' : `The request failed: ${code}`;
}
