// One attempt at a batch of deliveries: builds the payloads, encrypts, sends, and says what became of each.

import type { PushChannel } from '../../db/tables/push.ts';
import { pushCodeOf } from '../message/errors.ts';
import { PayloadCache } from '../message/payload-cache.ts';
import type { StoredMessage } from '../message/stored-message.ts';
import type { PushRoom } from '../room.ts';
import { ENCRYPTION_OVERHEAD } from '../transports/encryption.ts';
import type { EncryptedMessage } from '../transports/encryption-pool.ts';
import { sendFcm } from '../transports/fcm.ts';
import { targetPurpose } from '../transports/subscription.ts';
import { sendWebPush } from '../transports/webpush.ts';
import type { Delivery, Result } from './delivery.ts';
import { apnsId, topicOf } from './delivery-ids.ts';
import { type Guard, openGuard } from './guard.ts';
import { judge } from './judge.ts';
import type { Senders } from './providers.ts';
import { appleHosts, sendToApple } from './send-to-apple.ts';

/** What a batch of one channel is sent with. */
interface Sending<C extends PushChannel> {
  readonly sender: Senders[C];
  readonly guard: Guard;
}

/** Requests under way at once, per channel of one batch. */
const PARALLEL = { webpush: 256, fcm: 100, apns: 200 } as const satisfies Record<PushChannel, number>;

/** A batch whose slow part, encryption, may already be under way while the batch before it is sent. */
export interface PreparedBatch {
  readonly deliveries: readonly Delivery[];
  readonly encrypted: Promise<ReadonlyMap<Delivery, EncryptedMessage>>;
}

export class Deliverer {
  readonly #room: PushRoom;
  readonly #stored: StoredMessage;
  readonly #payloads: PayloadCache;

  constructor(room: PushRoom, stored: StoredMessage) {
    this.#room = room;
    this.#stored = stored;
    this.#payloads = new PayloadCache(room.publicUrl, stored);
  }

  prepare(deliveries: readonly Delivery[]): PreparedBatch {
    const encrypted = this.#encrypt(deliveries.filter(({ target }) => target.channel === 'webpush'));
    // A batch that is dropped before it is sent must not end the process.
    encrypted.catch(() => undefined);
    return { deliveries, encrypted };
  }

  /** Never throws for what a push service does. */
  async send(batch: PreparedBatch): Promise<readonly Result[]> {
    const encrypted = await batch.encrypted;
    const of = (channel: PushChannel) => batch.deliveries.filter(({ target }) => target.channel === channel);
    const [web, fcm, apns] = await Promise.all([
      this.#sendAll('webpush', of('webpush'), (sender, each) => this.#sendWeb(sender, each, encrypted.get(each))),
      this.#sendAll('fcm', of('fcm'), (sender, each) => this.#sendFcm(sender, each)),
      this.#sendAll('apns', of('apns'), (sender, each) => this.#sendApns(sender, each)),
    ]);
    return judge(this.#room, this.#stored, [...web, ...fcm, ...apns]);
  }

  async #encrypt(deliveries: readonly Delivery[]): Promise<ReadonlyMap<Delivery, EncryptedMessage>> {
    if (deliveries.length === 0) return new Map();
    const plaintexts: Uint8Array[] = [];
    const places = new Map<Uint8Array, number>();
    const choice = deliveries.map((delivery) => {
      const plaintext = this.#webPayload(delivery);
      const place = places.get(plaintext) ?? plaintexts.push(plaintext) - 1;
      places.set(plaintext, place);
      return place;
    });
    const sealed = deliveries.map(({ target }) => target.sealed ?? '');
    const messages = await this.#room.encryption.encrypt(this.#stored.app.app_id, sealed, plaintexts, choice);
    return new Map(deliveries.map((delivery, index) => [delivery, messages[index] as EncryptedMessage]));
  }

  /** Empty when it cannot be built any more, as when the app lost its default URL: sending it then says why. */
  #webPayload({ kind, target }: Delivery): Uint8Array {
    try {
      return this.#payloads.web(kind, target.language);
    } catch (error) {
      if (pushCodeOf(error) === undefined) throw error;
      return NOTHING;
    }
  }

  /** Sends with as many at once as the channel allows; a pause that begins meanwhile defers the rest. */
  async #sendAll<C extends PushChannel>(
    channel: C,
    deliveries: readonly Delivery[],
    send: (sending: Sending<C>, delivery: Delivery) => Promise<Result>,
  ): Promise<readonly Result[]> {
    if (deliveries.length === 0) return [];
    const { app_id } = this.#stored.app;
    const sender = await this.#room.providers.find(app_id, channel);
    if (!sender) {
      const attempt = { class: 'unreachable', code: 0, reason: `the app has no ${channel} credential` } as const;
      return deliveries.map((delivery) => ({ delivery, attempt }));
    }
    const sending = { sender, guard: await openGuard(this.#room, this.#stored.app, channel, sender.version) };
    const results: Result[] = [];
    let next = 0;
    const lane = async () => {
      for (let place = next++; place < deliveries.length; place = next++) {
        const delivery = deliveries[place] as Delivery;
        results[place] = await send(sending, delivery).catch((error: unknown) => unsendable(delivery, error));
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL[channel], deliveries.length) }, lane));
    return results;
  }

  async #sendWeb(
    { sender, guard }: Sending<'webpush'>,
    delivery: Delivery,
    message: EncryptedMessage | undefined,
  ): Promise<Result> {
    // Nothing was encrypted: what could not be built throws its reason again.
    if (message?.body.length === ENCRYPTION_OVERHEAD) this.#payloads.web(delivery.kind, delivery.target.language);
    if (!message?.endpoint) throw new UnsendableError('the stored subscription cannot be read');
    const { vapid_key } = delivery.target;
    if (vapid_key && vapid_key !== sender.credential.public_key) {
      // It works again when the owner brings the old key back.
      const reason = 'the subscription belongs to another VAPID key';
      return { delivery, attempt: { class: 'unreachable', code: 403, reason } };
    }
    const { options } = this.#stored.message;
    const endpoint = new URL(message.endpoint);
    const passed = await guard.pass({ service: endpoint.host, host: endpoint.host }, () =>
      sendWebPush(sender.pool, sender.signer, {
        endpoint,
        body: message.body,
        ttlSeconds: this.#ttlSeconds(),
        urgent: options.urgent,
        topic: options.override_msg_id === undefined ? undefined : topicOf(this.#stored.shown_id),
      }),
    );
    return { delivery, ...passed };
  }

  async #sendFcm({ sender, guard }: Sending<'fcm'>, delivery: Delivery): Promise<Result> {
    const { target, kind } = delivery;
    const token = this.#open(target.sealed);
    const badge = this.#badge(delivery);
    const message =
      target.platform === 'ios'
        ? this.#payloads.iosOverFcm(kind, target.language, this.#expiration(), badge)
        : this.#payloads.android(kind, target.language);
    const host = `${sender.target.baseUrl}/${sender.target.projectId}`;
    const passed = await guard.pass({ service: target.platform, host }, () => sendFcm(sender.target, token, message));
    return { delivery, ...passed, ...(badge !== undefined && { badge }) };
  }

  async #sendApns({ sender, guard }: Sending<'apns'>, delivery: Delivery): Promise<Result> {
    const { target, kind } = delivery;
    const sealed = { voip: target.voip_sealed, live_activity: target.activity_sealed }[kind as string] ?? target.sealed;
    const badge = this.#badge(delivery);
    const apns = this.#payloads.ios(kind, target.language);
    const bundleId = target.bundle_id ?? sender.credential.bundle_id;
    const request = {
      deviceToken: this.#open(sealed),
      headers: {
        'apns-topic': `${bundleId}${apns.topicSuffix}`,
        'apns-push-type': apns.pushType,
        'apns-priority': String(apns.priority),
        'apns-expiration': String(kind === 'voip' ? 0 : this.#expiration()),
        'apns-id': apnsId(this.#stored.msg_id, target.registration_id, kind),
        ...(apns.collapseId !== undefined && { 'apns-collapse-id': apns.collapseId }),
      },
      body: this.#payloads.iosBody(apns, badge),
    };
    const hosts = appleHosts(sender, target);
    const foreign = bundleId !== sender.credential.bundle_id;
    let otherHost = false as boolean;
    const passed = await guard.pass({ service: bundleId, host: hosts[0], foreign }, async () => {
      const sent = await sendToApple(sender, hosts, request);
      otherHost = sent.otherHost;
      return sent.outcome;
    });
    return { delivery, ...passed, ...(badge !== undefined && { badge }), ...(otherHost && { otherHost }) };
  }

  #open(sealed: string | null): string {
    try {
      return this.#room.vault.open(sealed ?? '', targetPurpose(this.#stored.app.app_id));
    } catch (cause) {
      throw new UnsendableError('the stored token cannot be read', { cause });
    }
  }

  #badge({ target, kind }: Delivery): number | undefined {
    const badge =
      kind === 'notification' && target.platform === 'ios' ? this.#stored.message.notification?.ios?.badge : undefined;
    if (!badge) return undefined;
    return 'set' in badge ? badge.set : Math.max(0, target.badge + badge.add);
  }

  /** Seconds that the service may keep the message; 0 stays 0: now or never. */
  #ttlSeconds(): number {
    if (this.#stored.message.options.ttl_seconds === 0) return 0;
    return Math.max(1, Math.ceil((this.#stored.expires_at.getTime() - Date.now()) / 1000));
  }

  #expiration(): number {
    return this.#stored.message.options.ttl_seconds === 0 ? 0 : Math.floor(this.#stored.expires_at.getTime() / 1000);
  }
}

const NOTHING = new Uint8Array();

class UnsendableError extends Error {}

/** What cannot be built or read will not be sent, and says nothing about the device: after a lost server secret all would look dead. */
function unsendable(delivery: Delivery, error: unknown): Result {
  if (!(error instanceof UnsendableError) && pushCodeOf(error) === undefined) throw error;
  return { delivery, attempt: { class: 'payload', code: 0, reason: (error as Error).message } };
}
