// A browser's push subscription as it is stored: endpoint and keys sealed together.

import type { Vault } from '../../secrets.ts';
import type { SubscriptionKeys } from './encryption.ts';

interface Subscription extends SubscriptionKeys {
  readonly endpoint: string;
}

/** The purpose that an app's targets are sealed for: a row copied to another app does not open. */
export const targetPurpose = (appId: string): string => `push-target:${appId}`;

export function sealSubscription(vault: Vault, appId: string, subscription: Subscription): string {
  const text = JSON.stringify([
    subscription.endpoint,
    subscription.p256dh.toString('base64url'),
    subscription.auth.toString('base64url'),
  ]);
  return vault.seal(text, targetPurpose(appId));
}

export function openSubscription(vault: Vault, appId: string, sealed: string): Subscription {
  const [endpoint, p256dh, auth] = JSON.parse(vault.open(sealed, targetPurpose(appId))) as [string, string, string];
  return { endpoint, p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') };
}
