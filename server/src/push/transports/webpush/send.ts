// Delivers an encrypted message to a browser's push service (RFC 8030).

import type { PostPool } from '../../../net/post-pool.ts';
import { BlockedAddressError } from '../../../net/safe-connect.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from '../outcome.ts';
import type { VapidSigner } from './vapid.ts';

export interface WebPushMessage {
  readonly endpoint: URL;
  readonly body: Uint8Array;
  /** Seconds that the service may keep it from now on. */
  ttlSeconds(): number;
  readonly urgent: boolean;
  /** Replaces an undelivered message of the same topic; 1 to 32 characters of the base64url alphabet. */
  readonly topic: string | undefined;
}

/** Sends once; after a refusal of our token once more with a new one. Never throws. */
export async function sendWebPush(pool: PostPool, signer: VapidSigner, message: WebPushMessage): Promise<Outcome> {
  const outcome = await attempt(pool, signer, message);
  if (outcome.class !== 'refused' || outcome.blameless) return outcome;
  const isNew = !signer.renew(message.endpoint.origin, Math.floor(Date.now() / 1000));
  return isNew ? outcome : attempt(pool, signer, message);
}

async function attempt(pool: PostPool, signer: VapidSigner, message: WebPushMessage): Promise<Outcome> {
  const nowMs = Date.now();
  const { endpoint, body, urgent, topic } = message;
  try {
    const answer = await pool.post(
      endpoint,
      {
        authorization: signer.authorization(endpoint.origin, Math.floor(nowMs / 1000)),
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(message.ttlSeconds()),
        urgency: urgent ? 'high' : 'normal',
        ...(topic !== undefined && { topic }),
      },
      body,
    );
    if (answer.status < 300) return { class: 'ok', id: answer.headers.location };
    return classify(answer.status, answer.body, retryAfterMs(answer.headers['retry-after'], nowMs));
  } catch (error) {
    if (!(error instanceof BlockedAddressError)) return networkOutcome(error);
    // The resolver's fault more often than the browser's: the name of a push service leads somewhere else for a while.
    const reason = `${endpoint.hostname} does not lead to a public address`;
    return { class: 'refused', code: 0, reason, lasting: false, blameless: true };
  }
}

function classify(status: number, text: string, waitMs: number | undefined): Outcome {
  const reason = text.replace(/\s+/g, ' ').trim().slice(0, 200) || `HTTP ${status}`;
  if (status === 404 || status === 410) return { class: 'gone', code: status, reason };
  if (status === 401 || status === 403) return { class: 'refused', code: status, reason, lasting: false };
  if (status === 429) return withRetryAfter('throttle', status, reason, waitMs);
  if (status >= 500 || status === 408 || status < 400) return withRetryAfter('transient', status, reason, waitMs);
  // FCM's browser endpoint answers 400 where others say 403.
  const ours = status === 400 && /UnauthorizedRegistration|vapid/i.test(text);
  return ours ? { class: 'refused', code: status, reason, lasting: false } : { class: 'payload', code: status, reason };
}
