// Sends what is queued until nothing is left, app by app. A job only wakes a lane; the table push_walks says what there is to do.

import { sql } from 'kysely';
import { WALK_QUEUE } from '../queues.ts';
import type { PushRoom } from '../room.ts';
import { runWalk } from './fanout.ts';
import { claimWalk, LANES, listWaitingApps, wakeLanes } from './turns.ts';

/** What an app gets before the next one, unless nobody waits. */
const TURN_MS = 1_000;
/** A lane ends its job after this long and queues another, so that a process that is told to stop does not wait for the end of a fan-out. */
const JOB_MS = 5_000;

export async function runLane(room: PushRoom, signal?: AbortSignal): Promise<void> {
  const stopAt = Date.now() + JOB_MS;
  while (Date.now() < stopAt && !signal?.aborted) {
    const app_id = room.turns.begin(await listWaitingApps(room.db, room.turns.walking));
    if (app_id === undefined) return;
    try {
      await serveApp(room, app_id, stopAt, signal);
    } finally {
      room.turns.end(app_id);
    }
  }
  await room.jobs.send(WALK_QUEUE, {});
}

/** One turn of an app: its walks, one after the other. */
async function serveApp(room: PushRoom, app_id: string, stopAt: number, signal?: AbortSignal): Promise<void> {
  const turnEndsAt = Date.now() + TURN_MS;
  while (Date.now() < turnEndsAt && !signal?.aborted) {
    const walk = await claimWalk(room.db, app_id, room.turns.walking);
    if (!walk) return;
    try {
      await runWalk(room, walk, { turnEndsAt, stopAt, signal });
    } catch (error) {
      // Its lease keeps it away for a while: one walk that cannot be carried on must not end the lane for all others.
      room.warn({ err: error, app_id, msg_id: walk.msg_id }, 'a push could not be carried on');
    }
  }
}

/** Wakes the lanes when walks lie there that nobody carries on. `alone`: no other process can be at work, so leases mean nothing. */
export async function resumeWalks(room: PushRoom, alone: boolean): Promise<void> {
  if (alone) {
    await room.db.updateTable('push_walks').set({ leased_until: sql<Date>`now()` }).where('done', '=', false).execute();
  }
  // Lanes that are busy look for what waits by themselves: signals for them would only pile up.
  if (!room.turns.hasFreeLane) return;
  const waiting = await listWaitingApps(room.db, room.turns.walking);
  if (waiting.length > 0) await room.db.transaction().execute((trx) => wakeLanes(room.jobs, trx, LANES));
}
