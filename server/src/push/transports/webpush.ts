// Delivers an encrypted message to a browser's push service (RFC 8030).

import { type Dispatcher, request } from 'undici';
import { BlockedAddressError } from '../../net/safe-connect.ts';
import { networkOutcome, type Outcome, retryAfterMs, withRetryAfter } from './outcome.ts';
import type { VapidSigner } from './vapid.ts';

export interface WebPushMessage {
  readonly endpoint: string;
  readonly body: Uint8Array;
  readonly ttlSeconds: number;
  readonly urgent: boolean;
  /** Replaces an undelivered message of the same topic; 1 to 32 characters of the base64url alphabet. */
  readonly topic: string | undefined;
}

const TIMEOUT_MS = 10_000;

/** Sends once; after a refusal of our token once more with a new one. Never throws. */
export async function sendWebPush(
  dispatcher: Dispatcher,
  signer: VapidSigner,
  message: WebPushMessage,
): Promise<Outcome> {
  const outcome = await attempt(dispatcher, signer, message);
  if (outcome.class !== 'auth') return outcome;
  signer.forget(originOf(message.endpoint));
  return attempt(dispatcher, signer, message);
}

async function attempt(dispatcher: Dispatcher, signer: VapidSigner, message: WebPushMessage): Promise<Outcome> {
  const nowMs = Date.now();
  try {
    const answer = await request(message.endpoint, {
      dispatcher,
      method: 'POST',
      headers: {
        authorization: signer.authorization(originOf(message.endpoint), Math.floor(nowMs / 1000)),
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(message.ttlSeconds),
        urgency: message.urgent ? 'high' : 'normal',
        ...(message.topic !== undefined && { topic: message.topic }),
      },
      body: message.body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const { statusCode, headers } = answer;
    if (statusCode < 300) {
      await answer.body.dump();
      const location = headers.location;
      return { class: 'ok', id: typeof location === 'string' ? location : undefined };
    }
    return classify(statusCode, await answer.body.text(), retryAfterMs(headers['retry-after'], nowMs));
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

const originOf = (endpoint: string): string => endpoint.slice(0, endpoint.indexOf('/', 'https://'.length));
