// FCM: Android phones, and iPhones whose app registered Firebase's token, over the HTTP v1 API.

import type { Vault } from '../../../secrets.ts';
import type { Delivery } from '../../delivery/delivery.ts';
import type { Fields } from '../../fields.ts';
import type { Outgoing } from '../../message/outgoing.ts';
import { refuse } from '../../refusals.ts';
import { buildEach, openToken, unreachable } from '../build-each.ts';
import type { Address, Built, Sender, SenderTools, Transport, TransportParts } from '../transport.ts';
import { type FcmCredential, parseCredential } from './credential.ts';
import { iphoneMessage, iphonePayload } from './iphone.ts';
import { androidPayload, type FcmMessage, MAX_FCM_PAYLOAD } from './payload.ts';
import { sendFcm } from './send.ts';
import { fetchAccessToken } from './service-account.ts';

interface FcmRequest {
  readonly token: string;
  readonly message: FcmMessage;
}

/** An access token lasts an hour. */
const TOKEN_AGE_MS = 50 * 60_000;
/** After a refusal, one that another process has just made is good enough. */
const RENEWED_TOKEN_AGE_MS = 5_000;

export function fcm({ vault }: TransportParts): Transport<FcmCredential, FcmRequest> {
  return {
    name: 'fcm',
    title: 'FCM',
    platforms: ['android', 'ios'],
    limits: { parallel: 100, payloadBytes: () => MAX_FCM_PAYLOAD, refusalsToBlame: 1 },
    deviceColumns: [],
    secretFields: ['private_key'],
    parseCredential,
    readAddress,
    checkPayload(context, kind, platform) {
      if (platform === 'ios') iphonePayload(context, kind);
      else androidPayload(context, kind);
    },
    build: (outgoing, deliveries) =>
      buildEach(deliveries, (delivery) =>
        delivery.target.platform === 'ios'
          ? forIphone(vault, outgoing, delivery)
          : forAndroid(vault, outgoing, delivery),
      ),
    open,
  };
}

function readAddress(fields: Fields): Address {
  const token = fields.text('token');
  if (!token) throw refuse('field_missing', 'token');
  if (!/^[\w:-]{10,4096}$/.test(token)) throw refuse('field_invalid', 'token: invalid fcm token format');
  return { identity: token, secret: token, facts: {} };
}

function forAndroid(vault: Vault, outgoing: Outgoing, { target, kind }: Delivery): Built<FcmRequest> {
  const { android, ...payload } = outgoing.once(androidPayload, kind, target.language);
  // What is left of it: a retry must not begin it anew.
  const message = { ...payload, android: { ...android, ttl: `${outgoing.ttlSeconds()}s` } };
  return { request: { token: openToken(vault, outgoing.app_id, target.sealed), message } };
}

/** FCM passes live activities on by a token of their own, and calls not at all. */
function forIphone(vault: Vault, outgoing: Outgoing, delivery: Delivery): Built<FcmRequest> {
  const { target, kind } = delivery;
  if (kind === 'voip') return unreachable('FCM delivers no VoIP notifications');
  if (kind === 'live_activity' && target.activity_sealed === null) {
    return unreachable('the phone registered no token for this live activity');
  }
  const badge = outgoing.badgeAfter(delivery);
  const activityToken =
    kind === 'live_activity' ? openToken(vault, outgoing.app_id, target.activity_sealed) : undefined;
  const payload = outgoing.once(iphonePayload, kind, target.language);
  const message = iphoneMessage(payload, { expiration: outgoing.expirationSeconds(), badge, activityToken });
  return { request: { token: openToken(vault, outgoing.app_id, target.sealed), message }, badge };
}

function open(credential: FcmCredential, { pool: shared, newPool, token }: SenderTools): Sender<FcmRequest> {
  const own = credential.ca ? newPool(credential.ca) : undefined;
  const pool = own ?? shared;
  const project = {
    pool,
    baseUrl: credential.base_url,
    projectId: credential.project_id,
    accessToken: (renew: boolean) =>
      token(renew ? RENEWED_TOKEN_AGE_MS : TOKEN_AGE_MS, () => fetchAccessToken(pool, credential)),
  };
  const host = `${project.baseUrl}/${project.projectId}`;
  return {
    // The account that Firebase keeps for a platform accepts or refuses as one.
    route: (_, { platform }) => ({ service: platform, host }),
    send: async (request) => ({ outcome: await sendFcm(project, request.token, request.message) }),
    close: async () => own?.close(),
  };
}
