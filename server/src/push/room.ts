// What the push room is made of: the database, the jobs, the vault, and the connections to push services.

import type { Db } from '../db/database.ts';
import type { Jobs } from '../jobs/open.ts';
import type { Metrics } from '../metrics.ts';
import type { OutboundProxies } from '../net/outbound-proxy.ts';
import { PostPool } from '../net/post-pool.ts';
import type { Vault } from '../secrets.ts';
import { Breakers } from './delivery/breakers.ts';
import { Proofs } from './delivery/proofs.ts';
import { Providers } from './delivery/providers.ts';
import { Turns } from './delivery/turns.ts';
import type { PushRequest } from './message/request.ts';
import { openTransports } from './transports/open.ts';
import type { Transports } from './transports/registry.ts';

/** Reads a request in the dialect that schedules keep it in. Throws a refusal. */
type ReadRequest = (stored: unknown) => PushRequest;

export interface PushRoom {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly vault: Vault;
  /** Origin of the URLs that clients are told. */
  readonly publicUrl: string;
  /** Where clients report what became of a message. */
  readonly reportUrl: string;
  readonly allowPrivate: boolean;
  /** For callbacks: any public host. */
  readonly pool: PostPool;
  readonly transports: Transports;
  readonly breakers: Breakers;
  readonly proofs: Proofs;
  readonly providers: Providers;
  readonly turns: Turns;
  readonly readRequest: ReadRequest;
  readonly warn: (detail: object, what: string) => void;
  readonly metrics: Pick<Metrics, 'push'>;
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
  readonly readRequest: ReadRequest;
  /** The push services; those of this server unless told. */
  readonly openTransports?: typeof openTransports;
  readonly publicUrl: string;
  /** Below `publicUrl`: where clients report what became of a message. */
  readonly reportPath: string;
  readonly allowPrivate: boolean;
  readonly proxies?: OutboundProxies | undefined;
  readonly warn: (detail: object, what: string) => void;
  readonly metrics: Pick<Metrics, 'push'>;
}

export function openPush(parts: PushRoomParts): PushRoom {
  const { db, jobs, vault, secret, publicUrl, reportPath, allowPrivate, proxies, readRequest, warn, metrics } = parts;
  const pool = new PostPool({ allowPrivate, proxies });
  const transports = (parts.openTransports ?? openTransports)({ vault, secret });
  const providers = new Providers({ db, vault, pool, transports, allowPrivate, proxies });
  const closing = new AbortController();
  return {
    db,
    jobs,
    vault,
    publicUrl,
    reportUrl: publicUrl + reportPath,
    allowPrivate,
    pool,
    transports,
    readRequest,
    breakers: new Breakers(),
    proofs: new Proofs(),
    providers,
    turns: new Turns(),
    warn,
    metrics,
    closing: closing.signal,
    async close() {
      closing.abort();
      await providers.close();
      await Promise.all([pool.close(), transports.close()]);
    },
  };
}
