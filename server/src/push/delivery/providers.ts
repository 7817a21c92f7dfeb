// Opens an app's credentials into senders and keeps them: connections stay open, provider tokens are reused.

import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import type { OutboundProxies } from '../../net/outbound-proxy.ts';
import { PostPool } from '../../net/post-pool.ts';
import type { Vault } from '../../secrets.ts';
import { type Credentials, credentialPurpose } from '../owner/credentials.ts';
import { signProviderToken } from '../transports/apns.ts';
import { type FcmTarget, fetchAccessToken } from '../transports/fcm.ts';
import { VapidSigner } from '../transports/vapid.ts';

interface Versioned {
  /** When the credential was changed last. */
  readonly version: number;
}

interface WebPushSender extends Versioned {
  readonly credential: Credentials['webpush'];
  readonly signer: VapidSigner;
  readonly pool: PostPool;
}

interface FcmSender extends Versioned {
  readonly credential: Credentials['fcm'];
  readonly target: FcmTarget;
}

export interface ApnsSender extends Versioned {
  readonly credential: Credentials['apns'];
  readonly pool: PostPool;
  /** `renew` makes a new token unless the present one is younger than Apple allows. */
  token(renew: boolean): Promise<string>;
}

export interface Senders {
  readonly webpush: WebPushSender;
  readonly fcm: FcmSender;
  readonly apns: ApnsSender;
}

interface ProvidersParts {
  readonly db: Db;
  readonly vault: Vault;
  readonly pool: PostPool;
  readonly allowPrivate: boolean;
  readonly proxies?: OutboundProxies | undefined;
}

/** FCM tokens last an hour, Apple's too. */
const TOKEN_AGE_MS = 50 * 60_000;
/** Apple refuses a provider that changes its token more often. */
const APNS_MIN_AGE_MS = 20 * 60_000;

interface Kept {
  readonly version: number;
  readonly sender: Senders[PushChannel];
  close(): Promise<void>;
}

export class Providers {
  readonly #parts: ProvidersParts;
  readonly #kept = new Map<string, Kept>();
  readonly #tokens = new Map<string, { value: string; madeAt: number }>();
  readonly #making = new Map<string, Promise<string>>();

  constructor(parts: ProvidersParts) {
    this.#parts = parts;
  }

  /** The sender of an app's channel by its present credential; undefined when it has none. */
  async find<C extends PushChannel>(app_id: string, channel: C): Promise<Senders[C] | undefined> {
    const { db, vault } = this.#parts;
    const row = await db
      .selectFrom('push_credentials')
      .select(['sealed', 'updated_at'])
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .executeTakeFirst();
    const name = `${app_id}:${channel}`;
    const kept = this.#kept.get(name);
    const version = row?.updated_at.getTime();
    if (kept && kept.version === version) return kept.sender as Senders[C];
    if (kept) {
      this.#kept.delete(name);
      this.#tokens.delete(name);
      void kept.close();
    }
    if (!row || version === undefined) return undefined;
    const credential = JSON.parse(vault.open(row.sealed, credentialPurpose(app_id, channel))) as Credentials[C];
    const opened = this.#open(app_id, channel, credential, version);
    this.#kept.set(name, opened);
    return opened.sender as Senders[C];
  }

  async close(): Promise<void> {
    const open = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(open.map((each) => each.close()));
  }

  #open<C extends PushChannel>(app_id: string, channel: C, credential: Credentials[C], version: number): Kept {
    if (channel === 'apns') return this.#openApns(app_id, credential as Credentials['apns'], version);
    const own = credential.ca ? this.#newPool(credential.ca) : undefined;
    const pool = own ?? this.#parts.pool;
    const close = async () => own?.close();
    if (channel === 'webpush') {
      const keys = credential as Credentials['webpush'];
      const sender = { version, credential: keys, signer: new VapidSigner(keys, keys.subject), pool };
      return { version, sender, close };
    }
    const account = credential as Credentials['fcm'];
    const make = () => fetchAccessToken(pool, account);
    const target = {
      pool,
      baseUrl: account.base_url,
      projectId: account.project_id,
      accessToken: (renew: boolean) => this.#token(app_id, 'fcm', renew ? 5_000 : TOKEN_AGE_MS, make),
    };
    return { version, sender: { version, credential: account, target }, close };
  }

  #openApns(app_id: string, credential: Credentials['apns'], version: number): Kept {
    // Of its own: Apple wants the tokens of different teams on different connections.
    const pool = this.#newPool(credential.ca);
    const make = () => signProviderToken(credential);
    const token = (renew: boolean) => this.#token(app_id, 'apns', renew ? APNS_MIN_AGE_MS : TOKEN_AGE_MS, make);
    return { version, sender: { version, credential, pool, token }, close: () => pool.close() };
  }

  #newPool(ca: string | undefined): PostPool {
    const { allowPrivate, proxies } = this.#parts;
    return new PostPool({ allowPrivate, proxies, ...(ca && { ca }) });
  }

  /** A token not older than `maxAgeMs`: from memory, else from the database where another process may have left it, else new. */
  async #token(
    app_id: string,
    channel: 'fcm' | 'apns',
    maxAgeMs: number,
    make: () => Promise<string>,
  ): Promise<string> {
    const name = `${app_id}:${channel}`;
    const known = this.#tokens.get(name);
    if (known && Date.now() - known.madeAt < maxAgeMs) return known.value;
    const making = this.#making.get(name) ?? this.#shareToken(app_id, channel, maxAgeMs, make);
    this.#making.set(name, making);
    try {
      return await making;
    } finally {
      this.#making.delete(name);
    }
  }

  async #shareToken(
    app_id: string,
    channel: 'fcm' | 'apns',
    maxAgeMs: number,
    make: () => Promise<string>,
  ): Promise<string> {
    const { db, vault } = this.#parts;
    const purpose = `${credentialPurpose(app_id, channel)}:token`;
    const stored = await db
      .selectFrom('push_credentials')
      .select(['token_sealed', 'token_at'])
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .executeTakeFirst();
    const age = stored?.token_at ? Date.now() - stored.token_at.getTime() : Number.POSITIVE_INFINITY;
    if (stored?.token_sealed && stored.token_at && age < maxAgeMs) {
      const value = vault.open(stored.token_sealed, purpose);
      this.#tokens.set(`${app_id}:${channel}`, { value, madeAt: stored.token_at.getTime() });
      return value;
    }
    const value = await make();
    const madeAt = new Date();
    await db
      .updateTable('push_credentials')
      .set({ token_sealed: vault.seal(value, purpose), token_at: madeAt })
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .execute();
    this.#tokens.set(`${app_id}:${channel}`, { value, madeAt: madeAt.getTime() });
    return value;
  }
}
