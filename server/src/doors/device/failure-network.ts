// From which network a failure was reported, as a mark that leads nobody back to it: one network cannot speak for many devices.

import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { networkOf } from '../../subscriber.ts';

/** A keyed hash of 32 bits: equal for one network of one app, and worth nothing without the server's secret. */
export function networkMarker(serverSecret: string): (app_id: string, ip: string) => number {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', serverSecret, '', 'overair networks of failures', 32)));
  return (app_id, ip) =>
    createHmac('sha256', key)
      .update(`${app_id} ${networkOf(ip)}`)
      .digest()
      .readInt32BE(0);
}
