// Opens an app's credentials into senders and keeps them: connections stay open, provider tokens are reused.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import type { OutboundProxies } from '../../net/outbound-proxy.ts';
import { PostPool } from '../../net/post-pool.ts';
import type { Vault } from '../../secrets.ts';
import { credentialPurpose } from '../owner/credentials.ts';
import type { Transports } from '../transports/registry.ts';
import type { Sender } from '../transports/transport.ts';

/** What an app sends with on one channel. */
export interface OpenSender {
  /** When the credential was changed last. */
  readonly version: number;
  readonly credential: unknown;
  readonly sender: Sender;
}

interface Kept extends OpenSender {
  /** Batches that are being sent with it. */
  uses: number;
  isReplaced: boolean;
}

/** A credential that was replaced must not leave its token to the next one. */
interface CredentialVersion {
  readonly app_id: string;
  readonly channel: PushChannel;
  readonly version: number;
}

interface Token {
  readonly value: string;
  readonly madeAt: number;
}

interface ProvidersParts {
  readonly db: Db;
  readonly vault: Vault;
  readonly pool: PostPool;
  readonly transports: Transports;
  readonly allowPrivate: boolean;
  readonly proxies?: OutboundProxies | undefined;
}

export class Providers {
  readonly #parts: ProvidersParts;
  readonly #kept = new Map<string, Kept>();
  readonly #tokens = new Map<string, Token>();
  readonly #making = new Map<string, Promise<string>>();

  constructor(parts: ProvidersParts) {
    this.#parts = parts;
  }

  /** Sends with the app's present credential; one that is replaced meanwhile is closed afterwards. Undefined when the app has none. */
  async use<T>(app_id: string, channel: PushChannel, send: (open: OpenSender) => Promise<T>): Promise<T | undefined> {
    const kept = await this.#find(app_id, channel);
    if (!kept) return undefined;
    kept.uses += 1;
    try {
      return await send(kept);
    } finally {
      kept.uses -= 1;
      closeUnused(kept);
    }
  }

  /** The present credential of an app's channel; undefined when it has none. */
  async find(app_id: string, channel: PushChannel): Promise<Pick<OpenSender, 'version' | 'credential'> | undefined> {
    return this.#find(app_id, channel);
  }

  async #find(app_id: string, channel: PushChannel): Promise<Kept | undefined> {
    const { db, vault } = this.#parts;
    const row = await db
      .selectFrom('push_credentials')
      .select(['sealed', 'updated_at'])
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .executeTakeFirst();
    const name = `${app_id}:${channel}`;
    const version = row?.updated_at.getTime();
    // Another question may have read, and opened, a newer one meanwhile.
    const kept = this.#kept.get(name);
    if (kept && version !== undefined && kept.version >= version) return kept;
    if (kept) {
      this.#kept.delete(name);
      this.#tokens.delete(tokenName(app_id, channel, kept.version));
      kept.isReplaced = true;
      closeUnused(kept);
    }
    if (!row || version === undefined) return undefined;
    const credential: unknown = JSON.parse(vault.open(row.sealed, credentialPurpose(app_id, channel)));
    const sender = this.#open({ app_id, channel, version }, credential);
    const opened: Kept = { version, credential, sender, uses: 0, isReplaced: false };
    this.#kept.set(name, opened);
    return opened;
  }

  async close(): Promise<void> {
    const open = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(open.map(({ sender }) => sender.close()));
  }

  #open(of: CredentialVersion, credential: unknown): Sender {
    const { transports, pool, allowPrivate, proxies } = this.#parts;
    return transports.get(of.channel).open(credential, {
      pool,
      newPool: (ca) => new PostPool({ allowPrivate, proxies, ...(ca && { ca }) }),
      token: (maxAgeMs, make) => this.#token(of, maxAgeMs, make),
    });
  }

  /** A token not older than `maxAgeMs`: from memory, else from the database where another process may have left it, else new. */
  async #token(of: CredentialVersion, maxAgeMs: number, make: () => Promise<string>): Promise<string> {
    const name = tokenName(of.app_id, of.channel, of.version);
    const known = this.#tokens.get(name);
    if (known && Date.now() - known.madeAt < maxAgeMs) return known.value;
    const making = this.#making.get(name) ?? this.#shareToken(of, maxAgeMs, make);
    this.#making.set(name, making);
    try {
      return await making;
    } finally {
      this.#making.delete(name);
    }
  }

  async #shareToken(of: CredentialVersion, maxAgeMs: number, make: () => Promise<string>): Promise<string> {
    const { app_id, channel, version } = of;
    const { db, vault } = this.#parts;
    const purpose = `${credentialPurpose(app_id, channel)}:token`;
    const stored = await db
      .selectFrom('push_credentials')
      .select(['token_sealed', 'token_at', 'updated_at'])
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .executeTakeFirst();
    // A credential that was replaced still sends its last batch, with a token that stays its own.
    if (stored?.updated_at.getTime() !== version) return make();
    const age = stored.token_at ? Date.now() - stored.token_at.getTime() : Number.POSITIVE_INFINITY;
    if (stored.token_sealed && stored.token_at && age < maxAgeMs) {
      const value = vault.open(stored.token_sealed, purpose);
      return this.#keep(of, { value, madeAt: stored.token_at.getTime() });
    }
    const value = await make();
    const madeAt = new Date();
    await db
      .updateTable('push_credentials')
      .set({ token_sealed: vault.seal(value, purpose), token_at: madeAt })
      .where('app_id', '=', app_id)
      .where('channel', '=', channel)
      .where(sql`date_trunc('milliseconds', updated_at)`, '=', new Date(version))
      .execute();
    return this.#keep(of, { value, madeAt: madeAt.getTime() });
  }

  #keep({ app_id, channel, version }: CredentialVersion, token: Token): string {
    this.#tokens.set(tokenName(app_id, channel, version), token);
    return token.value;
  }
}

const tokenName = (app_id: string, channel: PushChannel, version: number) => `${app_id}:${channel}:${version}`;

function closeUnused({ sender, uses, isReplaced }: Kept): void {
  // Nobody waits for it, and a connection that cannot be closed in order is cut by its peer.
  if (isReplaced && uses === 0) sender.close().catch(() => undefined);
}
