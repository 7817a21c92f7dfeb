// Writes down what became of a batch: delivery rows, counters, retired devices, badges and callbacks, in one transaction.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { DeliveryState } from '../../db/tables/push.ts';
import { bucketOf } from '../audience/buckets.ts';
import { queueCallbackRows, type StatusChange } from '../callbacks/callback-rows.ts';
import type { StoredMessage } from '../message/stored-message.ts';
import { addCounts, type CountChange } from './counts.ts';
import type { Attempt, Delivery, Result } from './delivery.ts';

const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
const FIRST_AUTH_RETRY_MS = 60_000;

interface Row {
  registration_id: string;
  kind: string;
  device: number;
  platform: string;
  bucket: string;
  state: DeliveryState;
  attempts: number;
  next_at: string | null;
  error_code: number;
  error_message: string;
  channel_message_id: string | null;
  delivered_at: string | null;
}

interface Recorded {
  readonly result: Result;
  readonly row: Row;
}

/** Returns when the earliest delivery of this batch is to be tried again, if any. */
export async function recordBatch(
  trx: Db,
  stored: StoredMessage,
  results: readonly Result[],
  now: Date,
): Promise<Date | undefined> {
  const all = results.map((result): Recorded => ({ result, row: rowOf(stored, result, now) }));
  const recorded = await insertRows(trx, stored, all);
  await addCounts(trx, stored.app.app_id, stored.msg_id, now, recorded.map(countOf));
  await retireDevices(trx, stored.app.app_id, results);
  await storeBadges(trx, stored.app.app_id, results);
  await storeLearned(trx, stored.app.app_id, results);
  if (stored.callback_ids.length > 0) await queueCallbackRows(trx, stored, recorded.flatMap(changesOf), now);
  const waiting = recorded.flatMap(({ row }) => (row.next_at ? [Date.parse(row.next_at)] : []));
  return waiting.length > 0 ? new Date(Math.min(...waiting)) : undefined;
}

function rowOf(stored: StoredMessage, { delivery, attempt }: Result, now: Date): Row {
  const { target, kind } = delivery;
  const nextAt = nextAttempt(stored, delivery, attempt, now);
  const reason = 'reason' in attempt ? attempt.reason : '';
  const tried = attempt.class !== 'deferred' && attempt.class !== 'planned';
  return {
    registration_id: target.registration_id,
    kind,
    device: target.id,
    platform: target.platform,
    bucket: bucketOf(target),
    state: nextAt === 'never' ? 'delivered_failed' : stateOf(attempt),
    attempts: delivery.attempts + (tried ? 1 : 0),
    next_at: nextAt instanceof Date ? nextAt.toISOString() : null,
    error_code: 'code' in attempt ? attempt.code : 0,
    error_message: nextAt === 'never' ? `time_to_live ran out: ${reason}` : reason,
    channel_message_id: attempt.class === 'ok' ? (attempt.id ?? null) : null,
    // A client that cannot report is believed to have received what its service accepted.
    delivered_at: attempt.class === 'ok' && !target.reports ? now.toISOString() : null,
  };
}

const STATES = {
  ok: 'sent',
  gone: 'target_invalid',
  unreachable: 'target_invalid',
  payload: 'sent_failed',
  unbuilt: 'sent_failed',
  expired: 'delivered_failed',
  auth: 'queued',
  refused: 'queued',
  throttle: 'queued',
  transient: 'queued',
  deferred: 'queued',
  planned: 'queued',
} as const satisfies Record<Attempt['class'], DeliveryState>;

const stateOf = (attempt: Attempt): DeliveryState => STATES[attempt.class];

function nextAttempt(
  stored: StoredMessage,
  delivery: Delivery,
  attempt: Attempt,
  now: Date,
): Date | 'never' | undefined {
  if (stateOf(attempt) !== 'queued') return undefined;
  if (attempt.class === 'planned') return new Date(attempt.untilMs);
  const wait = attempt.class === 'deferred' ? attempt.untilMs - now.getTime() : waitMs(attempt, delivery.attempts);
  const at = new Date(now.getTime() + Math.max(0, wait));
  const onlyOnce = stored.message.options.ttl_seconds === 0;
  return onlyOnce || at > stored.expires_at ? 'never' : at;
}

/** The service's own wish, else doubling from 5 seconds (a minute after a refusal) to 15 minutes, spread so that retries do not arrive together. */
function waitMs(attempt: Attempt, attempts: number): number {
  if ('retryAfterMs' in attempt && attempt.retryAfterMs !== undefined) return attempt.retryAfterMs;
  const first = attempt.class === 'auth' ? FIRST_AUTH_RETRY_MS : FIRST_RETRY_MS;
  const doubled = Math.min(LAST_RETRY_MS, first * 2 ** attempts);
  return doubled * (1 + Math.random() / 4);
}

/**
 * Returns those that were written. A row that exists is a delivery that waited for this attempt; one that ended meanwhile, withdrawn or
 * recorded by another process, stays as it is and counts nowhere again.
 */
async function insertRows(trx: Db, stored: StoredMessage, all: readonly Recorded[]): Promise<readonly Recorded[]> {
  if (all.length === 0) return all;
  // One parameter instead of thousands.
  const { rows: written } = await sql<Pick<Row, 'registration_id' | 'kind'>>`
    insert into push_deliveries (msg_id, app_id, registration_id, kind, device, platform, bucket, state, attempts,
      next_at, error_code, error_message, channel_message_id, delivered_at)
    select ${stored.msg_id}::bigint, ${stored.app.app_id}::text, r.*
    from json_to_recordset(${JSON.stringify(all.map(({ row }) => row))}::json) as r(registration_id text, kind text, device bigint,
      platform text, bucket text, state text, attempts smallint, next_at timestamptz, error_code integer,
      error_message text, channel_message_id text, delivered_at timestamptz)
    on conflict (msg_id, registration_id, kind) do update set
      state = excluded.state, attempts = excluded.attempts, next_at = excluded.next_at, error_code = excluded.error_code,
      error_message = excluded.error_message, channel_message_id = excluded.channel_message_id,
      delivered_at = coalesce(push_deliveries.delivered_at, excluded.delivered_at), updated_at = now()
    where push_deliveries.state = 'queued'
    returning registration_id, kind`.execute(trx);
  if (written.length === all.length) return all;
  const nameOf = ({ registration_id, kind }: Pick<Row, 'registration_id' | 'kind'>) => `${kind} ${registration_id}`;
  const names = new Set(written.map(nameOf));
  return all.filter(({ row }) => names.has(nameOf(row)));
}

type Waiting = Pick<Row, 'registration_id' | 'kind'>;
type Ended = Pick<Row, 'registration_id' | 'kind' | 'platform' | 'bucket' | 'error_message'>;

/** Deliveries whose devices were deleted or retired while they waited. */
export async function recordLost(trx: Db, stored: StoredMessage, lost: readonly Waiting[], now: Date): Promise<void> {
  if (lost.length === 0) return;
  const { app, msg_id } = stored;
  const names = lost.map(({ registration_id, kind }) => ({ registration_id, kind }));
  const { rows: ended } = await sql<Ended>`
    update push_deliveries d
    set state = 'target_invalid', next_at = null, error_message = 'the registration is gone', updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as l(registration_id text, kind text)
    where d.app_id = ${app.app_id} and d.msg_id = ${msg_id} and d.state = 'queued'
      and d.registration_id = l.registration_id and d.kind = l.kind
    returning d.registration_id, d.kind, d.platform, d.bucket, d.error_message`.execute(trx);
  const counts = ended.map(({ kind, platform, bucket, error_message: reason }) => ({
    kind,
    platform,
    bucket,
    failed: 1,
    reason,
  }));
  await addCounts(trx, app.app_id, msg_id, now, counts);
  if (stored.callback_ids.length === 0) return;
  const told = ended.map(
    (row) => ({ ...row, status: 'target_invalid', error_code: 0, channel_message_id: null }) as const,
  );
  await queueCallbackRows(trx, stored, told, now);
}

function countOf({ result, row }: Recorded): CountChange {
  const failed = row.state !== 'sent' && row.state !== 'queued';
  return {
    kind: row.kind,
    platform: row.platform,
    bucket: row.bucket,
    targets: result.delivery.fresh ? 1 : 0,
    sent: row.state === 'sent' ? 1 : 0,
    delivered: row.delivered_at ? 1 : 0,
    failed: failed ? 1 : 0,
    reason: failed ? (row.error_code ? `${row.error_code} ${row.error_message}` : row.error_message) : undefined,
  };
}

/** Dead targets keep their row, so that numbers stay explainable, and lose their token. */
async function retireDevices(trx: Db, app_id: string, results: readonly Result[]): Promise<void> {
  for (const { delivery, attempt } of results) {
    if (attempt.class !== 'gone') continue;
    await trx
      .updateTable('push_devices')
      .set({ active: false, sealed: null, inactive_reason: attempt.reason, inactive_at: new Date() })
      .where('app_id', '=', app_id)
      .where('id', '=', delivery.target.id)
      // A phone that registered again since then is alive.
      .$if(attempt.sinceMs !== undefined, (update) =>
        update.where('registered_at', '<=', new Date(attempt.sinceMs ?? 0)),
      )
      .$if(attempt.sinceMs === undefined, (update) => update.where('registered_at', '=', delivery.target.registered_at))
      .execute();
  }
}

async function storeBadges(trx: Db, app_id: string, results: readonly Result[]): Promise<void> {
  const badges = results.flatMap(({ delivery, attempt, badge }) =>
    badge !== undefined && attempt.class === 'ok' ? [{ id: delivery.target.id, badge }] : [],
  );
  if (badges.length === 0) return;
  await sql`update push_devices d set badge = b.badge
    from jsonb_to_recordset(${JSON.stringify(badges)}::jsonb) as b(id bigint, badge integer)
    where d.app_id = ${app_id} and d.id = b.id`.execute(trx);
}

/** What a service let us learn about its devices; it does so rarely. */
async function storeLearned(trx: Db, app_id: string, results: readonly Result[]): Promise<void> {
  for (const { delivery, learned } of results) {
    if (!learned) continue;
    await trx
      .updateTable('push_devices')
      .set(learned)
      .where('app_id', '=', app_id)
      .where('id', '=', delivery.target.id)
      .execute();
  }
}

function changesOf({ row }: Recorded): StatusChange[] {
  if (row.state === 'queued') return [];
  const { registration_id, error_code, error_message, channel_message_id, state, bucket } = row;
  const change = { registration_id, platform: row.platform, bucket, error_code, error_message, channel_message_id };
  const found: StatusChange = { ...change, status: 'target_valid', error_code: 0, error_message: '' };
  const told: StatusChange = { ...change, status: state };
  return state === 'target_invalid' ? [told] : [found, told];
}
