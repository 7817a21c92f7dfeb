// A message on its way, as transports see it: what it says, and payloads that are made once for all devices that share them.

import type { Delivery } from '../delivery/delivery.ts';
import { chooseLanguage, type PayloadContext } from './content.ts';
import type { Kind, Message } from './message.ts';

export class Outgoing {
  readonly app_id: string;
  readonly msg_id: number;
  readonly shown_id: number;
  readonly message: Message;
  readonly #context: Omit<PayloadContext, 'language'>;
  readonly #expiresAtMs: number;
  readonly #made = new Map<unknown, Map<string, unknown>>();

  /** `context` without a language: every device has its own. */
  constructor(app_id: string, context: Omit<PayloadContext, 'language'>, expiresAt: Date) {
    this.app_id = app_id;
    this.msg_id = context.msg_id;
    this.shown_id = context.shown_id;
    this.message = context.message;
    this.#context = context;
    this.#expiresAtMs = expiresAt.getTime();
  }

  /** What `make` returns for this kind in the device's language. `make` is called once for devices that share both. */
  once<T>(make: (context: PayloadContext, kind: Kind) => T, kind: Kind, deviceLanguage: string | null): T {
    const language = chooseLanguage(this.message, deviceLanguage);
    const name = `${kind}:${language}`;
    const made = this.#made.get(make) ?? new Map<string, unknown>();
    this.#made.set(make, made);
    if (!made.has(name)) made.set(name, make({ ...this.#context, language }, kind));
    return made.get(name) as T;
  }

  /** The badge that the phone shows after this delivery; undefined when it stays as it is. */
  badgeAfter({ target, kind }: Delivery): number | undefined {
    if (kind !== 'notification' || target.platform !== 'ios') return undefined;
    const badge = this.message.notification?.ios?.badge;
    if (!badge) return undefined;
    return 'set' in badge ? badge.set : Math.max(0, target.badge + badge.add);
  }

  /** Seconds that a service may keep the message from now on; 0: now or never. */
  ttlSeconds(): number {
    if (this.message.options.ttl_seconds === 0) return 0;
    return Math.max(1, Math.ceil((this.#expiresAtMs - Date.now()) / 1000));
  }

  /** Unix seconds until which a service may keep the message; 0: now or never. */
  expirationSeconds(): number {
    return this.message.options.ttl_seconds === 0 ? 0 : Math.floor(this.#expiresAtMs / 1000);
  }
}
