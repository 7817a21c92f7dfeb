// What the webhooks room is made of: the database, the vault, and the connections to receivers.

import type { Dispatcher } from 'undici';
import type { Db } from '../db/database.ts';
import type { Metrics } from '../metrics.ts';
import type { OutboundProxies } from '../net/outbound-proxy.ts';
import { safeDispatcher } from '../net/safe-connect.ts';
import type { Vault } from '../secrets.ts';

export interface WebhookRoom {
  readonly db: Db;
  /** Opens the secrets that deliveries are signed with. */
  readonly vault: Vault;
  readonly dispatcher: Dispatcher;
  readonly allowPrivate: boolean;
  readonly metrics: Pick<Metrics, 'webhooks'>;
  /** Cuts what is still under way: its delivery is claimed again when the claim ends. */
  close(): Promise<void>;
}

interface WebhookRoomParts extends Pick<WebhookRoom, 'db' | 'vault' | 'allowPrivate' | 'metrics'> {
  readonly proxies?: OutboundProxies | undefined;
}

export function openWebhooks({ proxies, ...parts }: WebhookRoomParts): WebhookRoom {
  // Some receivers answer slowly; the attempt as a whole has its own limit.
  const dispatcher = safeDispatcher({ allowPrivate: parts.allowPrivate, proxies, timeoutMs: 20_000 });
  return { ...parts, dispatcher, close: () => dispatcher.destroy() };
}
