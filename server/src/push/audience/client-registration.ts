// What browsers and phones send to be reachable: checked, sealed, and turned into a registration.

import { createECDH } from 'node:crypto';
import { isIP } from 'node:net';
import { refuseUrl } from '../../net/safe-connect.ts';
import { pushError } from '../message/errors.ts';
import { Fields, type JsonObject } from '../message/fields.ts';
import type { PushApp } from '../owner/apps.ts';
import type { Credentials } from '../owner/credentials.ts';
import type { PushRoom } from '../room.ts';
import { sealSubscription } from '../transports/subscription.ts';
import { browserOf } from './buckets.ts';
import { refuseToken } from './import-tokens.ts';
import type { DeviceFacts, Registration } from './registration.ts';
import { sealToken } from './registration.ts';

/** Where browsers' subscriptions live. */
const PUSH_HOSTS = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '.push.services.mozilla.com',
  'web.push.apple.com',
  '.push.apple.com',
  '.notify.windows.com',
];

/** What a browser's registration is checked against: the app's present Web Push credential. */
type WebCredential = Pick<Credentials['webpush'], 'hosts' | 'public_key'>;

/** A browser's subscription. A key of another app would have every message to it refused in this app's name. */
export function parseWebRegistration(
  room: PushRoom,
  app: PushApp,
  input: JsonObject,
  { hosts, public_key }: WebCredential,
  userAgent: string,
): Registration {
  const fields = new Fields(input, '');
  const subscription = fields.nested('subscription');
  if (!subscription) throw pushError(21002, 'subscription');
  const endpoint = readEndpoint(subscription, hosts, room.allowPrivate);
  const keys = subscription.nested('keys');
  if (!keys) throw pushError(21002, 'subscription.keys');
  const p256dh = readKey(keys, 'p256dh', 65);
  const auth = readKey(keys, 'auth', 16);
  if (!isPoint(p256dh)) throw pushError(21003, 'subscription.keys.p256dh is no point of P-256');
  return {
    platform: 'web',
    channel: 'webpush',
    address: endpoint,
    sealed: sealSubscription(room.vault, app.app_id, { endpoint, p256dh, auth }),
    facts: {
      ...readFacts(fields, userAgent),
      vapid_key: readVapidKey(fields, public_key),
      browser: fields.text('browser', 50)?.toLowerCase() ?? browserOf(userAgent),
    },
  };
}

/** A phone's provider token. */
export function parseAppRegistration(room: PushRoom, app: PushApp, input: JsonObject, userAgent: string): Registration {
  const fields = new Fields(input, '');
  const platform = fields.oneOf('platform', ['android', 'ios']);
  const channel = fields.oneOf('channel', ['fcm', 'apns']);
  if (!platform) throw pushError(21002, 'platform');
  if (!channel) throw pushError(21002, 'channel');
  if (platform === 'android' && channel === 'apns') throw pushError(21003, 'channel apns is for ios only');
  const token = fields.text('token');
  if (!token) throw pushError(21002, 'token');
  const wrong = refuseToken(channel, token);
  if (wrong) throw pushError(21003, `token: ${wrong}`);
  return {
    platform,
    channel,
    address: token,
    sealed: sealToken(room.vault, app.app_id, token),
    facts: {
      ...readFacts(fields, userAgent),
      apns_production: fields.flag('apns_production') ?? true,
      bundle_id: fields.text('bundle_id', 255) ?? null,
      app_version: fields.text('app_version', 100) ?? null,
    },
  };
}

function readFacts(fields: Fields, userAgent: string): Partial<DeviceFacts> {
  return {
    // As the live-update side writes it: some plugins of iOS spell theirs in capitals.
    device_id: fields.text('device_id', 255)?.toLowerCase() ?? null,
    user_str: fields.text('user_str', 128) ?? null,
    language: fields.text('language', 50) ?? null,
    timezone: readTimezone(fields),
    os: fields.text('os', 100) ?? null,
    user_agent: (fields.text('user_agent', 1024) ?? userAgent).slice(0, 512) || null,
  };
}

function readTimezone(fields: Fields): string | null {
  const zone = fields.text('timezone', 100);
  if (!zone) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return null;
  }
}

function readVapidKey(fields: Fields, own: string): string {
  const key = fields.text('vapid_key', 200);
  if (!key)
    throw pushError(21002, 'vapid_key: the key that the subscription was made with, as /v4/web/config tells it');
  if (Buffer.from(key, 'base64url').equals(Buffer.from(own, 'base64url'))) return own;
  throw pushError(21003, 'vapid_key is not the key of this app: subscribe with the one of /v4/web/config');
}

function readKey(keys: Fields, name: string, bytes: number): Buffer {
  const text = keys.text(name, 200);
  if (!text) throw pushError(21002, keys.at(name));
  const key = Buffer.from(text, 'base64url');
  if (key.length !== bytes) throw pushError(21003, `${keys.at(name)} does not have ${bytes} bytes`);
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
  if (!endpoint) throw pushError(21002, at);
  const wrong = refuseUrl(endpoint, { allowPrivate });
  if (wrong) throw pushError(21003, `${at} ${wrong}`);
  const host = new URL(endpoint).hostname;
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal)) throw pushError(21003, `${at} names an address instead of a host`);
  const accepted = hosts.includes('*') || [...PUSH_HOSTS, ...hosts].some((each) => matches(host, each));
  if (!accepted) throw pushError(21003, `${at} is not a known push service`);
  return endpoint;
}

const matches = (host: string, pattern: string): boolean =>
  pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern;
