// One attempt at a batch of deliveries: builds the payloads, encrypts, sends, and says what became of each.

import type { PushChannel } from '../db/tables/push.ts';
import { apnsId, topicOf } from './delivery-ids.ts';
import { pushCodeOf } from './errors.ts';
import type { Kind } from './message.ts';
import { PayloadCache } from './payload-cache.ts';
import type { ApnsSender, FcmSender, Senders, WebPushSender } from './providers.ts';
import type { PushRoom } from './room.ts';
import type { StoredMessage } from './stored-message.ts';
import type { Target } from './targets.ts';
import { type ApnsRequest, sendApns } from './transports/apns.ts';
import { ENCRYPTION_OVERHEAD } from './transports/encryption.ts';
import type { EncryptedMessage } from './transports/encryption-pool.ts';
import { sendFcm } from './transports/fcm.ts';
import type { Outcome } from './transports/outcome.ts';
import { targetPurpose } from './transports/subscription.ts';
import { sendWebPush } from './transports/webpush.ts';

export interface Delivery {
  readonly target: Target;
  readonly kind: Kind;
  /** Attempts made before this one. */
  readonly attempts: number;
  /** Fresh from the audience: it is not among the recorded targets yet. */
  readonly fresh: boolean;
}

/** `deferred` was not tried because its service is paused; `unreachable` has no credential to try with. */
export type Attempt =
  | Outcome
  | { readonly class: 'deferred'; readonly untilMs: number; readonly reason: string }
  /** Its turn in a slow push comes later. */
  | { readonly class: 'planned'; readonly untilMs: number }
  | { readonly class: 'expired'; readonly reason: string }
  | { readonly class: 'unreachable'; readonly code: number; readonly reason: string };

export interface Result {
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  /** The badge that the phone now shows. */
  readonly badge?: number;
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
    return [...web, ...fcm, ...apns];
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
    send: (sender: Senders[C], delivery: Delivery) => Promise<Result>,
  ): Promise<readonly Result[]> {
    if (deliveries.length === 0) return [];
    const sender = await this.#room.providers.find(this.#stored.app.app_id, channel);
    if (!sender) {
      const attempt = { class: 'unreachable', code: 0, reason: `the app has no ${channel} credential` } as const;
      return deliveries.map((delivery) => ({ delivery, attempt }));
    }
    const results: Result[] = [];
    let next = 0;
    const lane = async () => {
      for (let place = next++; place < deliveries.length; place = next++) {
        const delivery = deliveries[place] as Delivery;
        results[place] = await send(sender, delivery).catch((error: unknown) => unsendable(delivery, error));
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL[channel], deliveries.length) }, lane));
    return results;
  }

  async #sendWeb(sender: WebPushSender, delivery: Delivery, message: EncryptedMessage | undefined): Promise<Result> {
    // Nothing was encrypted: what could not be built throws its reason again.
    if (message?.body.length === ENCRYPTION_OVERHEAD) this.#payloads.web(delivery.kind, delivery.target.language);
    if (!message?.endpoint) throw new UnsendableError('the stored subscription cannot be read');
    const { vapid_key } = delivery.target;
    if (vapid_key && vapid_key !== sender.credential.public_key) {
      const reason = 'the subscription belongs to an earlier VAPID key';
      return { delivery, attempt: { class: 'gone', code: 403, reason } };
    }
    const { options } = this.#stored.message;
    const endpoint = new URL(message.endpoint);
    const attempt = await this.#guarded('webpush', endpoint.host, () =>
      sendWebPush(sender.pool, sender.signer, {
        endpoint,
        body: message.body,
        ttlSeconds: this.#ttlSeconds(),
        urgent: options.urgent,
        topic: options.override_msg_id === undefined ? undefined : topicOf(this.#stored.shown_id),
      }),
    );
    return { delivery, attempt };
  }

  async #sendFcm(sender: FcmSender, delivery: Delivery): Promise<Result> {
    const { target, kind } = delivery;
    const token = this.#open(target.sealed);
    const badge = this.#badge(delivery);
    const message =
      target.platform === 'ios'
        ? this.#payloads.iosOverFcm(kind, target.language, this.#expiration(), badge)
        : this.#payloads.android(kind, target.language);
    const service = `${sender.target.baseUrl}/${sender.target.projectId}`;
    const attempt = await this.#guarded('fcm', service, () => sendFcm(sender.target, token, message));
    return { delivery, attempt, ...(badge !== undefined && { badge }) };
  }

  async #sendApns(sender: ApnsSender, delivery: Delivery): Promise<Result> {
    const { target, kind } = delivery;
    const sealed = { voip: target.voip_sealed, live_activity: target.activity_sealed }[kind as string] ?? target.sealed;
    const badge = this.#badge(delivery);
    const apns = this.#payloads.ios(kind, target.language);
    const request = {
      deviceToken: this.#open(sealed),
      headers: {
        'apns-topic': `${target.bundle_id ?? sender.credential.bundle_id}${apns.topicSuffix}`,
        'apns-push-type': apns.pushType,
        'apns-priority': String(apns.priority),
        'apns-expiration': String(kind === 'voip' ? 0 : this.#expiration()),
        'apns-id': apnsId(this.#stored.msg_id, target.registration_id, kind),
        ...(apns.collapseId !== undefined && { 'apns-collapse-id': apns.collapseId }),
      },
      body: this.#payloads.iosBody(apns, badge),
    };
    const service = target.apns_production ? sender.credential.production_url : sender.credential.sandbox_url;
    const attempt = await this.#guarded('apns', service, () => sendToApple(sender, service, request));
    return { delivery, attempt, ...(badge !== undefined && { badge }) };
  }

  /** Asks the breakers before and tells them after. */
  async #guarded(channel: PushChannel, service: string, send: () => Promise<Outcome>): Promise<Attempt> {
    const { breakers } = this.#room;
    const { app_id } = this.#stored.app;
    const credential = `${app_id}:${channel}`;
    const place = `${app_id}@${service}`;
    const pause = breakers.pause([credential, place], Date.now());
    if (pause) return { class: 'deferred', untilMs: pause.untilMs, reason: pause.reason };
    const outcome = await send();
    // Apple throttles single phones, not the app.
    if (channel === 'apns' && outcome.class === 'throttle') return outcome;
    const begun = breakers.learn(credential, place, outcome, Date.now());
    if (begun) await this.#reportPause(channel, begun.reason, begun.untilMs);
    return outcome;
  }

  async #reportPause(channel: PushChannel, failure: string, untilMs: number): Promise<void> {
    const { app_id } = this.#stored.app;
    this.#room.warn({ app_id, channel, reason: failure }, 'a push service refuses the credentials of an app');
    await this.#room.db
      .updateTable('push_credentials')
      .set({ failure, paused_until: new Date(untilMs) })
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .execute();
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

async function sendToApple(sender: ApnsSender, service: string, request: ApnsRequest): Promise<Outcome> {
  try {
    const first = await sendApns(sender.pool, service, request, await sender.token(false));
    if (first.class !== 'auth' || first.reason !== 'ExpiredProviderToken') return first;
    return await sendApns(sender.pool, service, request, await sender.token(true));
  } catch (error) {
    return { class: 'auth', code: 403, reason: error instanceof Error ? error.message : 'the .p8 key is unusable' };
  }
}

const NOTHING = new Uint8Array();

class UnsendableError extends Error {}

/** What cannot be built or read will not be sent, and says nothing about the device: after a lost server secret all would look dead. */
function unsendable(delivery: Delivery, error: unknown): Result {
  if (!(error instanceof UnsendableError) && pushCodeOf(error) === undefined) throw error;
  return { delivery, attempt: { class: 'payload', code: 0, reason: (error as Error).message } };
}
