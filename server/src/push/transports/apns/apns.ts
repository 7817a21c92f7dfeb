// APNs: iPhones, over Apple's own service.

import { createHash } from 'node:crypto';
import type { Vault } from '../../../secrets.ts';
import type { Target } from '../../audience/targets.ts';
import type { Delivery } from '../../delivery/delivery.ts';
import type { Fields } from '../../fields.ts';
import type { Kind } from '../../message/message.ts';
import type { Outgoing } from '../../message/outgoing.ts';
import { refuse } from '../../refusals.ts';
import { buildEach, openToken, unreachable } from '../build-each.ts';
import type { Address, Built, Sender, SenderTools, Transport, TransportParts } from '../transport.ts';
import { type ApnsCredential, parseCredential } from './credential.ts';
import { appleHosts, sendToEither } from './hosts.ts';
import { apnsPayload, maxPayloadBytes, withBadge } from './payload.ts';
import { signProviderToken } from './provider-token.ts';
import type { ApnsRequest } from './send.ts';

interface BuiltForApple extends ApnsRequest {
  /** What follows the bundle id in `apns-topic`. */
  readonly topicSuffix: string;
}

/** A provider token lasts an hour. */
const TOKEN_AGE_MS = 50 * 60_000;
/** Apple refuses a provider that changes its token more often. */
const MIN_TOKEN_AGE_MS = 20 * 60_000;

export function apns({ vault }: TransportParts): Transport<ApnsCredential, BuiltForApple> {
  return {
    name: 'apns',
    title: 'APNs',
    platforms: ['ios'],
    limits: { parallel: 200, payloadBytes: maxPayloadBytes, refusalsToBlame: 1 },
    deviceColumns: ['apns_production', 'apns_other_host'],
    secretFields: ['p8'],
    parseCredential,
    readAddress,
    restrict: ({ options }) => ({ apns_production: options.ios_production }),
    checkPayload: (context, kind) => void apnsPayload(context, kind),
    build: (outgoing, deliveries) => buildEach(deliveries, (delivery) => build(vault, outgoing, delivery)),
    open,
  };
}

function readAddress(fields: Fields): Address {
  const token = fields.text('token');
  if (!token) throw refuse('field_missing', 'token');
  if (!/^[0-9a-f]{64,200}$/i.test(token)) throw refuse('field_invalid', 'token: invalid apns token format');
  const apns_production = fields.flag('apns_production') ?? true;
  return { identity: token, secret: token, facts: { apns_production, apns_other_host: false } };
}

function build(vault: Vault, outgoing: Outgoing, delivery: Delivery): Built<BuiltForApple> {
  const { target, kind } = delivery;
  const sealed = sealedFor(target, kind);
  if (sealed === null && kind !== 'notification' && kind !== 'message') {
    return unreachable(`the phone registered no token for ${kind}`);
  }
  const badge = outgoing.badgeAfter(delivery);
  const message = withBadge(outgoing.once(apnsPayload, kind, target.language), badge);
  const request = {
    deviceToken: openToken(vault, outgoing.app_id, sealed),
    topicSuffix: message.topicSuffix,
    headers: {
      'apns-push-type': message.pushType,
      'apns-priority': String(message.priority),
      'apns-expiration': String(kind === 'voip' ? 0 : outgoing.expirationSeconds()),
      'apns-id': apnsId(outgoing.msg_id, target.registration_id, kind),
      ...(message.collapseId !== undefined && { 'apns-collapse-id': message.collapseId }),
    },
    body: JSON.stringify(message.payload),
  };
  return { request, badge };
}

/** Apple gives an app one token for notifications, one for calls, and one for each live activity. None of them does for another. */
function sealedFor(target: Target, kind: Kind): string | null {
  if (kind === 'voip') return target.voip_sealed;
  return kind === 'live_activity' ? target.activity_sealed : target.sealed;
}

/** The same for every attempt at a delivery, so that Apple can drop a repetition. */
function apnsId(msgId: number, registrationId: string, kind: Kind): string {
  const hex = createHash('sha256').update(`${msgId}:${registrationId}:${kind}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function open(credential: ApnsCredential, { newPool, token }: SenderTools): Sender<BuiltForApple> {
  // Of its own: Apple wants the tokens of different teams on different connections.
  const pool = newPool(credential.ca);
  const make = () => signProviderToken(credential);
  const apple = { pool, token: (renew: boolean) => token(renew ? MIN_TOKEN_AGE_MS : TOKEN_AGE_MS, make) };
  const topicOf = ({ bundle_id }: Target) => bundle_id ?? credential.bundle_id;
  return {
    route(_, target) {
      const service = topicOf(target);
      const [host] = appleHosts(credential, target);
      return { service, host, foreign: service !== credential.bundle_id };
    },
    send({ deviceToken, headers, topicSuffix, body }, target) {
      const topic = `${topicOf(target)}${topicSuffix}`;
      return sendToEither(apple, credential, target, {
        deviceToken,
        headers: { 'apns-topic': topic, ...headers },
        body,
      });
    },
    close: () => pool.close(),
  };
}
