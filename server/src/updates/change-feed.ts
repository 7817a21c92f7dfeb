// Changes of which no commit tells: failures of devices come by the thousand in the hour of a bad release, and a commit that
// notifies waits for every other one that does. They are written to a table, which every process polls.

import type { Database } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';

/** A bad bundle is withheld everywhere within two seconds. */
const POLL_EVERY_MS = 500;
/** Rows are kept for an hour. Who was away for nearly as long may have missed some. */
const GAP_MS = 50 * 60 * 1000;

/**
 * Ids are given before the commit, so that `id > last` would lose rows that commit late. From the oldest transaction that was
 * open at the last poll on, nothing can be missed; what is read twice is told once.
 */
const POLL_SQL = `
select pg_snapshot_xmin(pg_current_snapshot())::text as oldest_open,
  (select coalesce(json_agg(json_build_object('id', id, 'detail', detail) order by id), '[]')
   from change_feed where xid >= $1::text::xid8) as changes`;

const BEGIN_SQL = 'select pg_snapshot_xmin(pg_current_snapshot())::text as oldest_open';

interface Change {
  id: number;
  detail: unknown;
}

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
  #oldestOpen: string | undefined;
  #told = new Set<number>();
  #polledAtMs = 0;
  #polling: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#with = options;
  }

  /** What is committed from now on is told. An embedded database has no other process whose changes could be missed. */
  async start(): Promise<void> {
    const { rows } = await this.#with.database.query(BEGIN_SQL, []);
    this.#oldestOpen = rows[0]!['oldest_open'] as string;
    this.#polledAtMs = performance.now();
    if (this.#with.database.engine === 'postgres') this.#pollLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#oldestOpen = undefined;
  }

  /** Resolves when everything that was committed before is told; rejects when the database does not answer. */
  poll(): Promise<void> {
    const poll = () => this.#poll();
    this.#polling = this.#polling.then(poll, poll);
    return this.#polling;
  }

  #pollLater(): void {
    this.#timer = setTimeout(() => {
      const again = () => this.#oldestOpen !== undefined && this.#pollLater();
      // While the database is away the snapshots say so.
      if (this.#with.isNeeded()) this.poll().then(again, again);
      else again();
    }, POLL_EVERY_MS).unref();
  }

  async #poll(): Promise<void> {
    if (this.#oldestOpen === undefined) return;
    const { rows } = await this.#with.database.query(POLL_SQL, [this.#oldestOpen]);
    const { oldest_open, changes } = rows[0] as { oldest_open: string; changes: Change[] };
    const nowMs = performance.now();
    if (nowMs - this.#polledAtMs > GAP_MS) this.#with.onGap();
    for (const { id, detail } of changes) if (!this.#told.has(id)) this.#with.onChange(detail);
    this.#told = new Set(changes.map(({ id }) => id));
    this.#oldestOpen = oldest_open;
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
