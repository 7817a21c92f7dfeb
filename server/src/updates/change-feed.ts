// Changes of which no commit tells: failures of devices come by the thousand in the hour of a bad release, and a commit that
// notifies waits for every other one that does. They are written to a table, which every process polls.

import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';

/** A bad bundle is withheld everywhere within two seconds. */
const POLL_EVERY_MS = 500;
/** Rows are kept for an hour. Who was away for nearly as long may have missed some. */
const GAP_MS = 50 * 60 * 1000;

/**
 * Ids are given before the commit, so that `id > last` would lose rows that commit late. A row is told when its transaction is visible
 * now and was not at the last poll: nothing is missed, and nothing is read twice, however long another transaction stays open.
 */
const POLL_SQL = `
select pg_current_snapshot()::text as snapshot,
  (select coalesce(json_agg(detail order by id), '[]') from change_feed
   where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)) as changes`;

const BEGIN_SQL = 'select pg_current_snapshot()::text as snapshot';

interface FeedOptions {
  database: Database;
  onChange: (detail: unknown) => void;
  /** Changes may have been missed. */
  onGap: () => void;
  /** Who knows nothing for longer than a moment asks for all anew, and needs no feed. */
  isNeeded: () => boolean;
}

export class ChangeFeed {
  readonly #with: FeedOptions;
  /** Of the last poll; undefined while nothing is told. */
  #snapshot: string | undefined;
  #polledAtMs = 0;
  #polling: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#with = options;
  }

  /** What is committed from now on is told. An embedded database has no other process whose changes could be missed. */
  async start(): Promise<void> {
    const { rows } = await this.#with.database.query(BEGIN_SQL, []);
    this.#snapshot = rows[0]!['snapshot'] as string;
    this.#polledAtMs = performance.now();
    if (this.#with.database.engine === 'postgres') this.#pollLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#snapshot = undefined;
  }

  /** Resolves when everything that was committed before is told; rejects when the database does not answer. */
  poll(): Promise<void> {
    const poll = () => this.#poll();
    this.#polling = this.#polling.then(poll, poll);
    return this.#polling;
  }

  #pollLater(): void {
    this.#timer = setTimeout(() => {
      const again = () => this.#snapshot !== undefined && this.#pollLater();
      // While the database is away the snapshots say so.
      if (this.#with.isNeeded()) this.poll().then(again, again);
      else again();
    }, POLL_EVERY_MS).unref();
  }

  async #poll(): Promise<void> {
    if (this.#snapshot === undefined) return;
    const { rows } = await this.#with.database.query(POLL_SQL, [this.#snapshot]);
    const { snapshot, changes } = rows[0] as { snapshot: string; changes: unknown[] };
    const nowMs = performance.now();
    // An embedded database is polled when somebody waits for it: its own process stored what the feed holds.
    if (this.#with.database.engine === 'postgres' && nowMs - this.#polledAtMs > GAP_MS) this.#with.onGap();
    for (const detail of changes) this.#with.onChange(detail);
    this.#snapshot = snapshot;
    this.#polledAtMs = nowMs;
  }
}

export function changeFeedExpiryQueue({ database }: { database: Database }): JobQueue {
  return {
    name: 'change-feed-expiry',
    cron: '*/10 * * * *',
    async run() {
      await database.query(`delete from change_feed where at < now() - interval '1 hour'`, []);
    },
  };
}
