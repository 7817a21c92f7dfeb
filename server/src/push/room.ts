// What the push room is made of: the database, the jobs, the vault, and the connections to push services.

import type { Db } from '../db/database.ts';
import type { Jobs } from '../jobs/open.ts';
import type { OutboundProxies } from '../net/outbound-proxy.ts';
import { PostPool } from '../net/post-pool.ts';
import type { Vault } from '../secrets.ts';
import { Breakers } from './delivery/breakers.ts';
import { Proofs } from './delivery/proofs.ts';
import { Providers } from './delivery/providers.ts';
import { Turns } from './delivery/turns.ts';
import { createEncryptionPool, type EncryptionPool } from './transports/encryption-pool.ts';

export interface PushRoom {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly vault: Vault;
  /** Origin of the URLs that clients are told. */
  readonly publicUrl: string;
  readonly allowPrivate: boolean;
  /** For callbacks: any public host. */
  readonly pool: PostPool;
  readonly encryption: EncryptionPool;
  readonly breakers: Breakers;
  readonly proofs: Proofs;
  readonly providers: Providers;
  readonly turns: Turns;
  readonly warn: (detail: object, what: string) => void;
  /** Aborted by `close`. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

interface PushRoomParts {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly vault: Vault;
  /** The server's own: the threads that encrypt open sealed texts themselves. */
  readonly secret: string;
  readonly publicUrl: string;
  readonly allowPrivate: boolean;
  readonly proxies?: OutboundProxies | undefined;
  readonly warn: (detail: object, what: string) => void;
}

export function openPush(parts: PushRoomParts): PushRoom {
  const { db, jobs, vault, secret, publicUrl, allowPrivate, proxies, warn } = parts;
  const pool = new PostPool({ allowPrivate, proxies });
  const encryption = createEncryptionPool(secret);
  const providers = new Providers({ db, vault, pool, allowPrivate, proxies });
  const closing = new AbortController();
  return {
    db,
    jobs,
    vault,
    publicUrl,
    allowPrivate,
    pool,
    encryption,
    breakers: new Breakers(),
    proofs: new Proofs(),
    providers,
    turns: new Turns(),
    warn,
    closing: closing.signal,
    async close() {
      closing.abort();
      await providers.close();
      await Promise.all([pool.close(), encryption.close()]);
    },
  };
}
