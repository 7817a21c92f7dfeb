// Every push service that this server speaks to: a folder, and a line here.

import { apns } from './apns/apns.ts';
import { fcm } from './fcm/fcm.ts';
import { Transports } from './registry.ts';
import type { TransportParts } from './transport.ts';
import { webPush } from './webpush/webpush.ts';

export function openTransports(parts: TransportParts): Transports {
  return new Transports([webPush(parts), fcm(parts), apns(parts)]);
}
