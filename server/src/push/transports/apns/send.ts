// One request to Apple's push service, and what its answer means.

import type { PostPool } from '../../../net/post-pool.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from '../outcome.ts';

export interface ApnsRequest {
  readonly deviceToken: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TIMEOUT_MS = 15_000;
const THROTTLE_MS = 5_000;

/** Never throws. A request that the connection took down with it is sent once more: `apns-id` tells Apple that it is the same. */
export async function sendApns(
  pool: PostPool,
  baseUrl: string,
  request: ApnsRequest,
  providerToken: string,
): Promise<Outcome> {
  const url = new URL(`/3/device/${request.deviceToken}`, baseUrl);
  const headers = { authorization: `bearer ${providerToken}`, ...request.headers };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await pool.post(url, headers, request.body, TIMEOUT_MS);
      const waitMs = retryAfterMs(answer.headers['retry-after'], Date.now());
      return classifyApns(answer.status, answer.headers['apns-id'] as string | undefined, answer.body, waitMs);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const lost = code.startsWith('ERR_HTTP2') || code === 'ECONNRESET' || code === 'EPIPE';
      if (!lost || attempt === 2) return networkOutcome(error);
    }
  }
}

const GONE = new Set(['Unregistered', 'ExpiredToken']);
/** Token, topic and key do not belong together; any of the three may be wrong, and the topic may come from the phone. */
const REFUSED = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic', 'TopicDisallowed', 'BadTopic', 'MissingTopic']);

/** Apple's answer in our classes. A reason `ExpiredProviderToken` invites one try with a renewed token. */
function classifyApns(status: number, id: string | undefined, text: string, waitMs?: number): Outcome {
  if (status === 200) return { class: 'ok', id };
  const { reason, timestamp } = parseReason(text, status);
  if (GONE.has(reason)) return { class: 'gone', code: status, reason, ...(timestamp && { sinceMs: timestamp }) };
  if (REFUSED.has(reason)) return { class: 'refused', code: status, reason, lasting: true };
  if (status === 403 || reason === 'TooManyProviderTokenUpdates') return { class: 'auth', code: status, reason };
  // Apple throttles single phones, not the app.
  if (status === 429)
    return { ...withRetryAfter('throttle', status, reason, waitMs ?? THROTTLE_MS), onlyThisDevice: true };
  if (status >= 500 || reason === 'IdleTimeout') return withRetryAfter('transient', status, reason, waitMs);
  return { class: 'payload', code: status, reason };
}

function parseReason(text: string, status: number): { reason: string; timestamp: number | undefined } {
  try {
    const { reason, timestamp } = JSON.parse(text) as { reason?: unknown; timestamp?: unknown };
    return {
      reason: typeof reason === 'string' ? reason : `HTTP ${status}`,
      timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    };
  } catch {
    return { reason: `HTTP ${status}`, timestamp: undefined };
  }
}
