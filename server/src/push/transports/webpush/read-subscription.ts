// What a browser says to be reachable: checked, so that no message goes to a host or with a key that is not for it.

import { createECDH } from 'node:crypto';
import { isIP } from 'node:net';
import { refuseUrl } from '../../../net/safe-connect.ts';
import type { Fields } from '../../fields.ts';
import { refuse } from '../../refusals.ts';
import type { Address } from '../transport.ts';
import type { WebPushCredential } from './credential.ts';
import { packSubscription } from './subscription.ts';

/** Where browsers' subscriptions live. */
const PUSH_HOSTS = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '.push.services.mozilla.com',
  'web.push.apple.com',
  '.push.apple.com',
  '.notify.windows.com',
];

/** A key of another app would have every message to the browser refused in this app's name. */
export function readSubscription(
  fields: Fields,
  allowPrivate: boolean,
  credential: WebPushCredential | undefined,
): Address {
  if (!credential) throw refuse('field_invalid', 'the app has no Web Push credential');
  const subscription = fields.nested('subscription');
  if (!subscription) throw refuse('field_missing', 'subscription');
  const endpoint = readEndpoint(subscription, credential.hosts, allowPrivate);
  const keys = subscription.nested('keys');
  if (!keys) throw refuse('field_missing', 'subscription.keys');
  const p256dh = readKey(keys, 'p256dh', 65);
  const auth = readKey(keys, 'auth', 16);
  if (!isPoint(p256dh)) throw refuse('field_invalid', 'subscription.keys.p256dh is no point of P-256');
  return {
    identity: endpoint,
    secret: packSubscription({ endpoint, p256dh, auth }),
    facts: { vapid_key: readVapidKey(fields, credential.public_key) },
  };
}

function readVapidKey(fields: Fields, own: string): string {
  const key = fields.text('vapid_key', 200);
  if (!key) {
    const where = 'vapid_key: the key that the subscription was made with';
    throw refuse('field_missing', where);
  }
  if (Buffer.from(key, 'base64url').equals(Buffer.from(own, 'base64url'))) return own;
  throw refuse(
    'field_invalid',
    'vapid_key is not the key of this app: subscribe with the one that its web settings name',
  );
}

function readKey(keys: Fields, name: string, bytes: number): Buffer {
  const text = keys.text(name, 200);
  if (!text) throw refuse('field_missing', keys.at(name));
  const key = Buffer.from(text, 'base64url');
  if (key.length !== bytes) throw refuse('field_invalid', `${keys.at(name)} does not have ${bytes} bytes`);
  return key;
}

function isPoint(key: Buffer): boolean {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  try {
    ecdh.computeSecret(key);
    return key[0] === 4;
  } catch {
    return false;
  }
}

function readEndpoint(subscription: Fields, hosts: readonly string[], allowPrivate: boolean): string {
  const endpoint = subscription.text('endpoint', 1024);
  const at = subscription.at('endpoint');
  if (!endpoint) throw refuse('field_missing', at);
  const wrong = refuseUrl(endpoint, { allowPrivate });
  if (wrong) throw refuse('field_invalid', `${at} ${wrong}`);
  const host = new URL(endpoint).hostname;
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal)) throw refuse('field_invalid', `${at} names an address instead of a host`);
  const accepted = hosts.includes('*') || [...PUSH_HOSTS, ...hosts].some((each) => matches(host, each));
  if (!accepted) throw refuse('field_invalid', `${at} is not a known push service`);
  return endpoint;
}

const matches = (host: string, pattern: string): boolean =>
  pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern;
