// Walks a message's audience batch by batch: send, then record results and cursor together, so that a kill repeats one batch at most.

import type { Db } from '../../db/database.ts';
import { countTargets } from '../audience/count-targets.ts';
import { listTargets, type Place } from '../audience/targets.ts';
import { queuePlanRow } from '../callbacks/callback-rows.ts';
import { wakeCallbacks } from '../callbacks/callbacks.ts';
import { listSkipped } from '../message/skipped.ts';
import { findStoredMessage, type StoredMessage } from '../message/stored-message.ts';
import { withdrawLate } from '../message/withdraw.ts';
import type { PushRoom } from '../room.ts';
import { Deliverer, type PreparedBatch } from './deliver.ts';
import type { Attempt, Delivery, Result } from './delivery.ts';
import { finishMessage, lockMessage } from './finish.ts';
import { recordBatch } from './record.ts';
import { scheduleRetry } from './retry.ts';
import { divideWalk, type Walk } from './shards.ts';
import { doOthersWait, holdingLease, lease, releaseWalk, renewWalk, type WalkRef } from './turns.ts';

const BATCH_SIZE = 500;
/** How often a walk whose turn is over asks whether anybody waits for it. */
const ASK_AGAIN_MS = 1_000;

interface Page {
  readonly batch: PreparedBatch;
  readonly end: Place;
  readonly last: boolean;
}

/** When a walk makes way: at the end of its turn if anybody waits, at the latest at `stopAt`, and at the next batch when aborted. */
interface Slice {
  readonly turnEndsAt: number;
  readonly stopAt: number;
  readonly signal?: AbortSignal | undefined;
}

const WHOLE: Slice = { turnEndsAt: Number.POSITIVE_INFINITY, stopAt: Number.POSITIVE_INFINITY };

/** Carries a walk on until its end or that of the slice. What is left then is anybody's to take. */
export async function runWalk(room: PushRoom, ref: WalkRef, slice: Slice = WHOLE): Promise<void> {
  const { walking } = room.turns;
  if (walking.has(ref.msg_id)) return;
  walking.add(ref.msg_id);
  try {
    await holdingLease(
      () => renewWalk(room.db, ref),
      () => walkSlice(room, ref, slice),
    );
  } finally {
    walking.delete(ref.msg_id);
  }
}

async function walkSlice(room: PushRoom, ref: WalkRef, { turnEndsAt, stopAt, signal }: Slice): Promise<void> {
  const stored = await findStoredMessage(room, ref.app_id, ref.msg_id);
  // Divided while its message was withdrawn.
  if (stored?.state !== 'queued') return endWalk(room.db, ref);
  const found = await findWalk(room.db, ref);
  if (!found) return;
  const walk = await divideWalk(room, stored, found);
  const deliverer = new Deliverer(room, stored);
  const read = (after: Place) => readPage(room, stored, deliverer, walk, after);
  let makesWay = false;
  let asksAt = turnEndsAt;
  const follow = (page: Page | undefined) =>
    page && !page.last && !makesWay && Date.now() < stopAt && !signal?.aborted ? read(page.end) : undefined;
  let page: Page | undefined = await read({ shard: walk.cursor_shard, id: walk.cursor_id });
  let next = Promise.resolve(follow(page));
  let { batches } = walk;
  while (page) {
    // Two batches are read and encrypted while one is sent and recorded: the threads never wait for the database.
    const afterNext = next.then(follow);
    for (const ahead of [next, afterNext]) ahead.catch(() => undefined);
    const results = await attemptPage(stored, deliverer, page);
    const goesOn = await commitPage(room, stored, walk, batches, page, results);
    if (!goesOn) return;
    batches += 1;
    if (signal?.aborted) break;
    if (!makesWay && Date.now() >= asksAt) {
      makesWay = await doOthersWait(room.db, ref.app_id, batches, room.turns.walking);
      asksAt = Date.now() + ASK_AGAIN_MS;
    }
    // When the time is up nothing more is read, and what is encrypted already is still sent.
    page = await next;
    next = afterNext;
  }
  await releaseWalk(room.db, ref, batches);
}

async function findWalk(db: Db, ref: WalkRef): Promise<Walk | undefined> {
  return db
    .updateTable('push_walks')
    .set({ leased_until: lease() })
    .where('app_id', '=', ref.app_id)
    .where('msg_id', '=', ref.msg_id)
    .where('first_shard', '=', ref.first_shard)
    .where('done', '=', false)
    .returning(['first_shard', 'last_shard', 'cursor_shard', 'cursor_id', 'batches'])
    .executeTakeFirst();
}

async function endWalk(db: Db, { app_id, msg_id, first_shard }: WalkRef): Promise<void> {
  await db
    .updateTable('push_walks')
    .set({ done: true })
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .where('first_shard', '=', first_shard)
    .execute();
}

async function readPage(
  room: PushRoom,
  stored: StoredMessage,
  deliverer: Deliverer,
  walk: Walk,
  after: Place,
): Promise<Page> {
  const targets = await listTargets(room.db, stored.selection, after, walk.last_shard, BATCH_SIZE);
  const deliveries = targets.flatMap((target) => {
    const kinds = stored.selection.kinds[target.platform] ?? [];
    return kinds.map((kind): Delivery => ({ target, kind, attempts: 0, fresh: true }));
  });
  const final = targets.at(-1);
  const end = final ? { shard: final.shard, id: final.id } : after;
  const sendsNow = whyNotNow(stored) === undefined;
  const batch = sendsNow ? deliverer.prepare(deliveries) : { deliveries, built: Promise.resolve(new Map()) };
  return { batch, end, last: targets.length < BATCH_SIZE };
}

async function attemptPage(stored: StoredMessage, deliverer: Deliverer, page: Page): Promise<readonly Result[]> {
  const why = whyNotNow(stored);
  if (why) return page.batch.deliveries.map((delivery) => ({ delivery, attempt: why() }));
  return deliverer.send(page.batch);
}

/** A slow push gives every delivery a time of its own; one that comes too late is given up. Undefined: send now. */
function whyNotNow(stored: StoredMessage): (() => Attempt) | undefined {
  const { spread_until, created_at, expires_at, message } = stored;
  if (spread_until) {
    const span = spread_until.getTime() - created_at.getTime();
    return () => ({ class: 'planned', untilMs: created_at.getTime() + Math.random() * span });
  }
  const late = message.options.ttl_seconds > 0 && expires_at.getTime() < Date.now();
  return late ? () => ({ class: 'expired', reason: 'time_to_live ran out before it was sent' }) : undefined;
}

/** False when the walk is over, withdrawn, or continued by another process. */
async function commitPage(
  room: PushRoom,
  stored: StoredMessage,
  walk: Walk,
  batches: number,
  page: Page,
  results: readonly Result[],
): Promise<boolean> {
  const now = new Date();
  const first = walk.first_shard === 0 && batches === 0 && stored.callback_ids.length > 0;
  const total = first ? await countTargets(room.db, stored.selection) : 0;
  const { app_id } = stored.app;
  const { msg_id } = stored;
  const goesOn = await room.db.transaction().execute(async (trx) => {
    const state = await lockMessage(trx, app_id, msg_id, { mayFinish: page.last });
    const moved = await trx
      .updateTable('push_walks')
      .set((eb) => ({
        cursor_shard: page.end.shard,
        cursor_id: page.end.id,
        batches: batches + 1,
        leased_until: lease(),
        done: page.last ? true : eb.ref('done'),
      }))
      .where('app_id', '=', app_id)
      .where('msg_id', '=', msg_id)
      .where('first_shard', '=', walk.first_shard)
      // Another process that took the walk over has written the results already.
      .where('batches', '=', batches)
      .returning('done')
      .executeTakeFirst();
    if (!moved) return false;
    if (first) {
      const skipped = listSkipped(room.transports, stored.app, stored.message);
      await queuePlanRow(trx, stored, { web: stored.selection.kinds.web !== undefined, skipped }, total, now);
    }
    const retryAt = await recordBatch(trx, stored, results, now);
    if (state === 'withdrawn') await withdrawLate(room, trx, stored, results);
    else if (retryAt) await scheduleRetry(room, trx, stored, retryAt);
    if (moved.done) await finishMessage(trx, app_id, msg_id);
    return !moved.done;
  });
  await wakeCallbacks(room, stored.callback_ids);
  return goesOn;
}
