// A browser's push subscription as it is stored: endpoint and keys together.

import type { SubscriptionKeys } from './encryption.ts';

interface Subscription extends SubscriptionKeys {
  readonly endpoint: string;
}

export function packSubscription({ endpoint, p256dh, auth }: Subscription): string {
  return JSON.stringify([endpoint, p256dh.toString('base64url'), auth.toString('base64url')]);
}

export function unpackSubscription(secret: string): Subscription {
  const [endpoint, p256dh, auth] = JSON.parse(secret) as [string, string, string];
  return { endpoint, p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') };
}
