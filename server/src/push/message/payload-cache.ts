// Builds each payload of a message once: devices that share platform, kind and language share it.

import { androidPayload, type FcmMessage } from '../payloads/android.ts';
import { chooseLanguage, type PayloadContext } from '../payloads/content.ts';
import { type ApnsMessage, iosOverFcm, iosPayload } from '../payloads/ios.ts';
import { webPayload } from '../payloads/web.ts';
import type { Kind } from './message.ts';
import { factsOf, type StoredMessage } from './stored-message.ts';

export class PayloadCache {
  readonly #context: Omit<PayloadContext, 'language'>;
  readonly #createdSeconds: number;
  readonly #built = new Map<string, unknown>();

  constructor(publicUrl: string, stored: StoredMessage) {
    const { app, message, msg_id, shown_id } = stored;
    this.#context = { app: factsOf(app, publicUrl), message, msg_id, shown_id };
    this.#createdSeconds = Math.floor(stored.created_at.getTime() / 1000);
  }

  web(kind: Kind, language: string | null): Uint8Array {
    return this.#once('web', kind, language, (context) => Buffer.from(webPayload(context, kind)));
  }

  android(kind: Kind, language: string | null): FcmMessage {
    return this.#once('android', kind, language, (context) => androidPayload(context, kind));
  }

  ios(kind: Kind, language: string | null): ApnsMessage {
    return this.#once('ios', kind, language, (context) => iosPayload(context, kind, this.#createdSeconds));
  }

  iosBody(apns: ApnsMessage, badge: number | undefined): string {
    return JSON.stringify(withBadge(apns, badge).payload);
  }

  iosOverFcm(kind: Kind, language: string | null, expiration: number, badge: number | undefined): FcmMessage {
    const apns = withBadge(this.ios(kind, language), badge);
    const context = { ...this.#context, language: chooseLanguage(this.#context.message, language) };
    return iosOverFcm(context, kind, apns, expiration);
  }

  #once<T>(platform: string, kind: Kind, deviceLanguage: string | null, build: (context: PayloadContext) => T): T {
    const language = chooseLanguage(this.#context.message, deviceLanguage);
    const name = `${platform}:${kind}:${language}`;
    if (!this.#built.has(name)) this.#built.set(name, build({ ...this.#context, language }));
    return this.#built.get(name) as T;
  }
}

function withBadge(apns: ApnsMessage, badge: number | undefined): ApnsMessage {
  if (badge === undefined) return apns;
  return { ...apns, payload: { ...apns.payload, aps: { ...(apns.payload.aps as object), badge } } };
}
