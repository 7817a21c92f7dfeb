// Whose turn it is: apps with something to send take turns, and within an app the message that got least so far comes first.

import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { Jobs } from '../../jobs/open.ts';
import { WALK_QUEUE } from '../queues.ts';

/** A part of a fan-out. */
export interface WalkRef {
  readonly app_id: string;
  readonly msg_id: number;
  readonly first_shard: number;
}

/** Walks that one process carries on at once. */
export const LANES = 4;
/** An app never takes the last lane: another one that comes need not even wait for the end of a turn. */
const LANES_PER_APP = LANES - 1;
/** What a killed process held is taken over after this long. */
const LEASE_SECONDS = 15;
/** How often a living process renews what it holds, however long a batch takes. */
const RENEW_EVERY_MS = 5_000;

/** What the lanes of one process know of each other. */
export class Turns {
  /** Messages that this process is walking: one batch of each under way at a time is all that a kill can repeat. */
  readonly walking = new Set<number>();
  readonly #lanes = new Map<string, number>();
  #last = '';

  /**
   * The next of these apps, round robin by their ids: one without a lane, else one that may have another. The caller
   * gives the turn back with `end`. Undefined when none of them may be served now.
   */
  begin(waiting: readonly string[]): string | undefined {
    const sorted = waiting.toSorted();
    const within = (most: number) => sorted.filter((app_id) => this.#of(app_id) <= most);
    const free = within(0);
    const candidates = free.length > 0 ? free : within(LANES_PER_APP - 1);
    const next = candidates.find((app_id) => app_id > this.#last) ?? candidates[0];
    if (next === undefined) return undefined;
    this.#last = next;
    this.#lanes.set(next, this.#of(next) + 1);
    return next;
  }

  /** Whether a lane of this process is idle and would take work when woken. */
  get hasFreeLane(): boolean {
    let lanes = 0;
    for (const count of this.#lanes.values()) lanes += count;
    return lanes < LANES;
  }

  end(app_id: string): void {
    const left = this.#of(app_id) - 1;
    if (left > 0) this.#lanes.set(app_id, left);
    else this.#lanes.delete(app_id);
  }

  #of(app_id: string): number {
    return this.#lanes.get(app_id) ?? 0;
  }
}

/** Wakes as many lanes as `walks` can use, when the transaction commits. */
export async function wakeLanes(jobs: Jobs, trx: Transaction<Schema>, walks: number): Promise<void> {
  const signals = Array.from({ length: Math.min(LANES, walks) }, () => ({}));
  await jobs.sendAll(WALK_QUEUE, signals, trx);
}

/** Until when what was claimed just now, a walk or a delivery, belongs to who claimed it. */
export const lease = (): RawBuilder<Date> => sql<Date>`now() + make_interval(secs => ${LEASE_SECONDS}::int)`;

/** Calls `renew` again and again while `work` is under way. A renewal that fails is left to the next one: the lease outlives two. */
export async function holdingLease<T>(renew: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renew().catch(() => undefined);
  }, RENEW_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewing;
  }
}

/** The walk stays with who carries it on, unless it was given back or its lease ended: then it is anybody's. */
export async function renewWalk(db: Db, walk: WalkRef): Promise<void> {
  await db
    .updateTable('push_walks')
    .set({ leased_until: lease() })
    .where('app_id', '=', walk.app_id)
    .where('msg_id', '=', walk.msg_id)
    .where('first_shard', '=', walk.first_shard)
    .where('done', '=', false)
    .where('leased_until', '>', sql<Date>`now()`)
    .execute();
}

const notBy = (walking: ReadonlySet<number>) => sql<boolean>`msg_id <> all(${[...walking]}::bigint[])`;

/** Apps with a walk that nobody carries on. */
export async function listWaitingApps(db: Db, walking: ReadonlySet<number>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('push_walks')
    .select('app_id')
    .where('done', '=', false)
    .where('leased_until', '<=', sql<Date>`now()`)
    .where(notBy(walking))
    .groupBy('app_id')
    .execute();
  return rows.map((row) => row.app_id);
}

/** Takes the app's walk that got least so far, for as long as a lease; undefined when there is none to take. */
export async function claimWalk(db: Db, app_id: string, walking: ReadonlySet<number>): Promise<WalkRef | undefined> {
  return (
    db
      // A `with` that locks rows is evaluated once. As a subquery of `from`, the planner may ask it again for every row of
      // the app, and each time it gives another walk: all would be leased, one would be carried on.
      .with('next', (inner) =>
        inner
          .selectFrom('push_walks')
          .select(['msg_id', 'first_shard'])
          .where('app_id', '=', app_id)
          .where('done', '=', false)
          .where('leased_until', '<=', sql<Date>`now()`)
          .where(notBy(walking))
          .orderBy('batches')
          .orderBy('msg_id')
          .orderBy('first_shard')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .updateTable('push_walks as w')
      .from('next')
      .set({ leased_until: lease() })
      .where('w.app_id', '=', app_id)
      .whereRef('w.msg_id', '=', 'next.msg_id')
      .whereRef('w.first_shard', '=', 'next.first_shard')
      .returning(['w.app_id', 'w.msg_id', 'w.first_shard'])
      .executeTakeFirst()
  );
}

/** Gives a walk back before its end; does nothing when another process has carried it on since `batches`. */
export async function releaseWalk(db: Db, walk: WalkRef, batches: number): Promise<void> {
  await db
    .updateTable('push_walks')
    .set({ leased_until: sql<Date>`now()` })
    .where('app_id', '=', walk.app_id)
    .where('msg_id', '=', walk.msg_id)
    .where('first_shard', '=', walk.first_shard)
    .where('batches', '=', batches)
    .execute();
}

/** Whether somebody waits who should come before the next batch of this walk: another app, or a message that got less. */
export async function doOthersWait(
  db: Db,
  app_id: string,
  batches: number,
  walking: ReadonlySet<number>,
): Promise<boolean> {
  const other = await db
    .selectFrom('push_walks')
    .select('msg_id')
    .where('done', '=', false)
    .where('leased_until', '<=', sql<Date>`now()`)
    .where(notBy(walking))
    .where((eb) => eb.or([eb('app_id', '<>', app_id), eb('batches', '<', batches)]))
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}
