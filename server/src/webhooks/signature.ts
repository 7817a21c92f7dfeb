// Signatures of webhooks: the older one that every delivery carries, and the one of standardwebhooks.com.

import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

export const newSecret = (): string => PREFIX + randomBytes(32).toString('base64');

interface Signed {
  event: string;
  event_id: string;
  /** Seconds since 1970; taken anew for every attempt. */
  timestamp: number;
  body: string;
}

/** The headers of one attempt. The older signature is keyed with the whole secret as text, prefix included. */
export function signedHeaders(secret: string, version: 'legacy' | 'standard', signed: Signed): Record<string, string> {
  const { event, event_id, timestamp, body } = signed;
  const legacy = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Capgo-Webhook/1.0',
    'x-capgo-event': event,
    'x-capgo-event-id': event_id,
    'x-capgo-timestamp': String(timestamp),
    'x-capgo-signature': `v1=${timestamp}.${legacy}`,
  };
  if (version === 'legacy') return headers;
  const standard = createHmac('sha256', standardKey(secret))
    .update(`${event_id}.${timestamp}.${body}`)
    .digest('base64');
  return {
    ...headers,
    'webhook-id': event_id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${standard}`,
  };
}

/** The decoded bytes after the prefix, where they are a key of 24 to 64 bytes; the text otherwise. */
function standardKey(secret: string): Buffer | string {
  const bytes = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.alloc(0);
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : secret;
}
