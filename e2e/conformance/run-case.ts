// Asks one case over HTTP and judges the answer.

import { difference } from './compare.ts';
import type { VectorCase } from './vectors.ts';

export interface Verdict {
  case: VectorCase;
  /** `deliberate`: the vendor's answer is another one, and ours departs from it on purpose. */
  outcome: 'agreed' | 'deliberate' | 'wrong';
  why?: string;
}

interface Answer {
  status: number;
  text: string;
}

export type Ask = (request: { method: string; url: string; body: string | undefined }) => Promise<Answer>;

export async function runCase(each: VectorCase, ask: Ask): Promise<Verdict> {
  const query = each.query ? `?${new URLSearchParams(each.query)}` : '';
  const answer = await ask({ method: each.method, url: `${each.path}${query}`, body: bodyOf(each) });
  const why = judge(each, answer);
  if (why !== undefined) return { case: each, outcome: 'wrong', why };
  return { case: each, outcome: each.differs === undefined ? 'agreed' : 'deliberate' };
}

function bodyOf({ body }: VectorCase): string | undefined {
  if (body === undefined) return undefined;
  const isRaw = typeof body === 'object' && body !== null && Object.keys(body).join() === 'raw';
  return isRaw ? (body as { raw: string }).raw : JSON.stringify(body);
}

function judge(each: VectorCase, { status, text }: Answer): string | undefined {
  if (status >= 500) return `status ${status}: ${text.slice(0, 200)}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
  if (each.differs !== undefined && each.expect === undefined) return wellFormed(each, json);
  const expected = each.expect ?? { status: each.status, answer: each.answer };
  if (status !== expected.status) return `status: expected ${expected.status}, got ${status} ${text.slice(0, 200)}`;
  return difference(expected.answer, json, each.expect?.partial ?? false);
}

/** Where the recorded case leaves the words open, the rules of docs/protocol/device.md §1 still hold. */
function wellFormed({ path }: VectorCase, json: unknown): string | undefined {
  if (path !== '/updates') return undefined;
  const answer = json as Record<string, unknown>;
  if (!('error' in answer))
    return 'kind' in answer || 'message' in answer ? 'a success with kind or message' : undefined;
  if ('moreInfo' in answer) return undefined;
  return typeof answer['message'] === 'string' && typeof answer['kind'] === 'string'
    ? undefined
    : 'a refusal lacks a key';
}
