// Delivers an encrypted message to a browser's push service (RFC 8030).

import type { PostPool } from '../../net/post-pool.ts';
import { BlockedAddressError } from '../../net/safe-connect.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from './outcome.ts';
import type { VapidSigner } from './vapid.ts';

export interface WebPushMessage {
  readonly endpoint: URL;
  readonly body: Uint8Array;
  readonly ttlSeconds: number;
  readonly urgent: boolean;
  /** Replaces an undelivered message of the same topic; 1 to 32 characters of the base64url alphabet. */
  readonly topic: string | undefined;
}

/** Sends once; after a refusal of our token once more with a new one. Never throws. */
export async function sendWebPush(pool: PostPool, signer: VapidSigner, message: WebPushMessage): Promise<Outcome> {
  const outcome = await attempt(pool, signer, message);
  if (outcome.class !== 'auth') return outcome;
  signer.forget(message.endpoint.origin);
  return attempt(pool, signer, message);
}

async function attempt(pool: PostPool, signer: VapidSigner, message: WebPushMessage): Promise<Outcome> {
  const nowMs = Date.now();
  const { endpoint, body, ttlSeconds, urgent, topic } = message;
  try {
    const answer = await pool.post(
      endpoint,
      {
        authorization: signer.authorization(endpoint.origin, Math.floor(nowMs / 1000)),
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(ttlSeconds),
        urgency: urgent ? 'high' : 'normal',
        ...(topic !== undefined && { topic }),
      },
      body,
    );
    if (answer.status < 300) return { class: 'ok', id: answer.headers.location };
    return classify(answer.status, answer.body, retryAfterMs(answer.headers['retry-after'], nowMs));
  } catch (error) {
    const blocked = error instanceof BlockedAddressError;
    return blocked ? { class: 'gone', code: 0, reason: 'the endpoint is not a public address' } : networkOutcome(error);
  }
}

function classify(status: number, text: string, waitMs: number | undefined): Outcome {
  const reason = text.replace(/\s+/g, ' ').trim().slice(0, 200) || `HTTP ${status}`;
  if (status === 404 || status === 410) return { class: 'gone', code: status, reason };
  if (status === 401 || status === 403) return { class: 'auth', code: status, reason };
  if (status === 429) return withRetryAfter('throttle', status, reason, waitMs);
  if (status >= 500 || status === 408 || status < 400) return withRetryAfter('transient', status, reason, waitMs);
  // FCM's browser endpoint answers 400 where others say 403.
  const ours = status === 400 && /UnauthorizedRegistration|vapid/i.test(text);
  return { class: ours ? 'auth' : 'payload', code: status, reason };
}
