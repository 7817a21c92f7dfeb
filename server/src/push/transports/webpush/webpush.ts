// Web Push: browsers, over the push service that each of them names itself (RFC 8030, 8291, 8292).

import { createHash } from 'node:crypto';
import type { Delivery } from '../../delivery/delivery.ts';
import type { PayloadContext } from '../../message/content.ts';
import type { Kind } from '../../message/message.ts';
import type { Outgoing } from '../../message/outgoing.ts';
import { buildEach } from '../build-each.ts';
import type { Built, Sender, SenderTools, Transport, TransportParts } from '../transport.ts';
import { parseCredential, type WebPushCredential } from './credential.ts';
import { createEncryptionPool, type EncryptionPool } from './encryption-pool.ts';
import { MAX_WEB_PLAINTEXT, webPayload } from './payload.ts';
import { readSubscription } from './read-subscription.ts';
import { sendWebPush, type WebPushMessage } from './send.ts';
import { VapidSigner } from './vapid.ts';

export function webPush({ secret }: TransportParts): Transport<WebPushCredential, WebPushMessage> {
  const encryption = createEncryptionPool(secret);
  return {
    name: 'webpush',
    title: 'Web Push',
    platforms: ['web'],
    // A browser registers without proof: a few that are refused say nothing about the credential.
    limits: { parallel: 256, payloadBytes: () => MAX_WEB_PLAINTEXT, refusalsToBlame: 3 },
    deviceColumns: ['vapid_key'],
    secretFields: ['private_key'],
    // Every subscription is bound to the key pair.
    keptFields: ['public_key', 'private_key'],
    parseCredential,
    publicKey: ({ public_key }) => public_key,
    readAddress: readSubscription,
    checkPayload: (context, kind) => void webPayload(context, kind),
    build: (outgoing, deliveries) => build(encryption, outgoing, deliveries),
    open,
    close: () => encryption.close(),
  };
}

const plaintextOf = (context: PayloadContext, kind: Kind): Uint8Array => Buffer.from(webPayload(context, kind));

/** Encrypts on other threads; browsers that share a payload share its plaintext. */
async function build(
  encryption: EncryptionPool,
  outgoing: Outgoing,
  deliveries: readonly Delivery[],
): Promise<readonly Built<WebPushMessage>[]> {
  const texts = await buildEach(deliveries, ({ target, kind }) => ({
    request: outgoing.once(plaintextOf, kind, target.language),
  }));
  const plaintexts = [...new Set(texts.flatMap((each) => ('request' in each ? [each.request] : [])))];
  const places = new Map(plaintexts.map((plaintext, place) => [plaintext, place]));
  const sealed: string[] = [];
  const choice: number[] = [];
  for (const [index, text] of texts.entries()) {
    if (!('request' in text)) continue;
    sealed.push(deliveries[index]?.target.sealed ?? '');
    choice.push(places.get(text.request) ?? 0);
  }
  const encrypted = await encryption.encrypt(outgoing.app_id, sealed, plaintexts, choice);
  let next = 0;
  return texts.map((text) => {
    if (!('request' in text)) return text;
    const message = encrypted[next++];
    return message
      ? { request: addressed(outgoing, message) }
      : { attempt: { class: 'unbuilt', reason: 'the stored subscription cannot be read' } };
  });
}

function addressed(outgoing: Outgoing, { endpoint, body }: { endpoint: string; body: Uint8Array }): WebPushMessage {
  const { urgent, override_msg_id } = outgoing.message.options;
  return {
    endpoint: new URL(endpoint),
    body,
    urgent,
    topic: override_msg_id === undefined ? undefined : topicOf(outgoing.shown_id),
    ttlSeconds: () => outgoing.ttlSeconds(),
  };
}

/** At most 32 characters, which every message that replaces the same one shares. */
const topicOf = (shownId: number): string =>
  createHash('sha256').update(String(shownId)).digest('base64url').slice(0, 32);

function open(credential: WebPushCredential, { pool: shared, newPool }: SenderTools): Sender<WebPushMessage> {
  const own = credential.ca ? newPool(credential.ca) : undefined;
  const pool = own ?? shared;
  const signer = new VapidSigner(credential, credential.subject);
  return {
    route({ endpoint: { host } }, { vapid_key }) {
      if (!vapid_key || vapid_key === credential.public_key) return { service: host, host };
      // It works again when the owner brings the old key back.
      const reason = 'the subscription belongs to another VAPID key';
      return { attempt: { class: 'unreachable', code: 403, reason } };
    },
    send: async (message) => ({ outcome: await sendWebPush(pool, signer, message) }),
    close: async () => own?.close(),
  };
}
