// Tries deliveries again when their time has come: after a failure, a pause, or in their turn of a slow push.

import { sql, type Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { PushChannel, PushKind } from '../../db/tables/push.ts';
import { NO_SELECTOR } from '../audience/audience.ts';
import { listTargetsById, type Selection } from '../audience/targets.ts';
import { wakeCallbacks } from '../callbacks/callbacks.ts';
import { findStoredMessage, type StoredMessage } from '../message/stored-message.ts';
import { withdrawLate } from '../message/withdraw.ts';
import { RETRY_QUEUE } from '../queues.ts';
import type { PushRoom } from '../room.ts';
import { Deliverer } from './deliver.ts';
import type { Delivery, Result } from './delivery.ts';
import { finishMessage, lockMessage } from './finish.ts';
import { recordBatch, recordLost } from './record.ts';
import { holdingLease, lease } from './turns.ts';

const BATCH_SIZE = 500;
/** A message makes way for the next one after this long: a wave of failures must not hold up another app. */
const SLICE_MS = 1_000;

export interface RetryJob {
  readonly app_id: string;
  readonly msg_id: number;
}

interface Due {
  readonly registration_id: string;
  readonly kind: PushKind;
  readonly device: number | null;
  readonly attempts: number;
}

/** Queues a retry in the caller's transaction; retries of one message within the same second share a job. */
export async function scheduleRetry(
  room: PushRoom,
  trx: Transaction<Schema>,
  stored: { readonly app: { readonly app_id: string }; readonly msg_id: number },
  at: Date,
): Promise<void> {
  const job: RetryJob = { app_id: stored.app.app_id, msg_id: stored.msg_id };
  const singletonKey = `${stored.msg_id}:${Math.ceil(at.getTime() / 1000)}`;
  await room.jobs.send(RETRY_QUEUE, job, { trx, startAfter: at, singletonKey });
}

/** Makes deliveries of this channel due at once that wait after a failure or for the end of a pause. A slow push keeps its plan. */
export async function retryNow(
  room: PushRoom,
  trx: Transaction<Schema>,
  app_id: string,
  channel: PushChannel,
): Promise<void> {
  const now = new Date();
  const { rows } = await sql<{ msg_id: number }>`
    with woken as (update push_deliveries set next_at = ${now}
      where app_id = ${app_id} and state = 'queued' and error_message <> ''
        -- What is due sooner comes by itself, and may be claimed: it would be sent twice.
        and next_at > ${lease()}
        and ${ofChannel(room, channel)}
        and msg_id in (select msg_id from push_messages where app_id = ${app_id} and state = 'queued')
      returning msg_id)
    select distinct msg_id from woken`.execute(trx);
  for (const { msg_id } of rows) {
    await scheduleRetry(room, trx, { app: { app_id }, msg_id }, now);
  }
}

/** Which deliveries are a channel's: those to browsers are counted by the browser, the others by the channel. */
const ofChannel = (room: PushRoom, channel: PushChannel) =>
  room.transports.get(channel).platforms.includes('web') ? sql`platform = 'web'` : sql`bucket = ${channel}`;

export async function runRetry(room: PushRoom, job: RetryJob, signal?: AbortSignal): Promise<void> {
  const stored = await findStoredMessage(room, job.app_id, job.msg_id);
  if (stored?.state !== 'queued') return;
  const stopAt = Date.now() + SLICE_MS;
  const deliverer = new Deliverer(room, stored);
  while (Date.now() < stopAt && !signal?.aborted) {
    const due = await claimDue(room.db, job);
    if (due.length === 0) break;
    await holdingLease(
      () => renewClaims(room.db, job, due),
      () => tryAgain(room, stored, deliverer, due),
    );
  }
  await scheduleNext(room, stored);
}

async function claimDue(db: Db, { app_id, msg_id }: RetryJob): Promise<readonly Due[]> {
  const { rows } = await sql<Due>`
    with due as (
      select registration_id, kind from push_deliveries
      where app_id = ${app_id} and msg_id = ${msg_id} and state = 'queued' and next_at <= now()
      order by next_at limit ${BATCH_SIZE} for update skip locked
    )
    update push_deliveries d set next_at = ${lease()} from due
    where d.app_id = ${app_id} and d.msg_id = ${msg_id}
      and d.registration_id = due.registration_id and d.kind = due.kind
    returning d.registration_id, d.kind, d.device, d.attempts`.execute(db);
  return rows;
}

/** Those of them that are not recorded yet. */
async function renewClaims(db: Db, { app_id, msg_id }: RetryJob, due: readonly Due[]): Promise<void> {
  await sql`
    update push_deliveries d set next_at = ${lease()}
    from jsonb_to_recordset(${JSON.stringify(due)}::jsonb) as claimed(registration_id text, kind text, attempts int)
    where d.app_id = ${app_id} and d.msg_id = ${msg_id} and d.state = 'queued'
      -- A later time than a claim sets: another process has postponed it.
      and d.next_at <= ${lease()}
      and d.registration_id = claimed.registration_id and d.kind = claimed.kind
      and d.attempts = claimed.attempts`.execute(db);
}

async function tryAgain(
  room: PushRoom,
  stored: StoredMessage,
  deliverer: Deliverer,
  due: readonly Due[],
): Promise<void> {
  const ids = due.flatMap(({ device }) => (device === null ? [] : [device]));
  const targets = await listTargetsById(room.db, anyone(stored.selection), ids);
  const byId = new Map(targets.map((target) => [target.id, target]));
  const deliveries: Delivery[] = [];
  const lost: Due[] = [];
  for (const row of due) {
    const target = row.device === null ? undefined : byId.get(row.device);
    if (target) deliveries.push({ target, kind: row.kind, attempts: row.attempts, fresh: false });
    else lost.push(row);
  }
  const expired = stored.message.options.ttl_seconds > 0 && stored.expires_at.getTime() < Date.now();
  const results = expired ? deliveries.map(giveUp) : await deliverer.send(deliverer.prepare(deliveries));
  await room.db.transaction().execute(async (trx) => {
    const state = await lockMessage(trx, stored.app.app_id, stored.msg_id);
    await recordBatch(trx, stored, results, new Date());
    await recordLost(trx, stored, lost, new Date());
    if (state === 'withdrawn') await withdrawLate(room, trx, stored, results);
  });
  await wakeCallbacks(room, stored.callback_ids);
}

const giveUp = (delivery: Delivery): Result => ({
  delivery,
  attempt: { class: 'expired', reason: 'time_to_live ran out' },
});

/** The audience was decided by the first walk; only whether the device still exists counts now. */
function anyone(selection: Selection): Selection {
  const { live_activity_id } = selection.audience;
  return {
    ...selection,
    audience: { ...NO_SELECTOR, live_activity_id },
    segment: undefined,
    part: undefined,
  };
}

async function scheduleNext(room: PushRoom, stored: StoredMessage): Promise<void> {
  await room.db.transaction().execute(async (trx) => {
    const { next_at } = await trx
      .selectFrom('push_deliveries')
      .select((eb) => eb.fn.min('next_at').as('next_at'))
      .where('app_id', '=', stored.app.app_id)
      .where('msg_id', '=', stored.msg_id)
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow();
    if (next_at) await scheduleRetry(room, trx, stored, new Date(next_at));
    else await finishMessage(trx, stored.app.app_id, stored.msg_id);
  });
}
