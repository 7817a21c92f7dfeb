// Writes an accepted message, and stops what is left of one that is withdrawn or replaced.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { isOnlyRegistrationIds } from '../audience/audience.ts';
import { bucketOf, NO_CHANNEL } from '../audience/buckets.ts';
import type { SchedulePart, Selection } from '../audience/targets.ts';
import { LAST_SHARD } from '../delivery/shards.ts';
import type { PushApp } from '../owner/apps.ts';
import type { PushRequest } from './request.ts';
import type { Skipped } from './skipped.ts';
import { packAudience, packMessage } from './stored-form.ts';

export interface AcceptOptions {
  readonly group?: { readonly group_key: string; readonly group_msgid: string } | undefined;
  readonly schedule_id?: string | undefined;
  readonly part?: SchedulePart | undefined;
}

/** What `checkPush` found out, for storing. */
export interface CheckedPush {
  readonly app: PushApp;
  readonly request: PushRequest;
  readonly selection: Selection;
  readonly skipped: readonly Skipped[];
}

/** An id that belongs to no message, for answers about nothing stored. */
export async function reserveMsgId(db: Db): Promise<number> {
  const { rows } = await sql<{ id: number }>`select nextval('push_msg_ids') as id`.execute(db);
  return Number(rows[0]?.id);
}

/** The messages, one of each app, and the walks that will send them, in one statement. Returns each app's id. */
export async function insertMessages(
  db: Db,
  pushes: readonly CheckedPush[],
  options: AcceptOptions,
): Promise<ReadonlyMap<string, number>> {
  if (pushes.length === 0) return new Map();
  const rows = await db
    .with('message', (inner) =>
      inner
        .insertInto('push_messages')
        .values(pushes.map((push) => messageRow(push, options)))
        .returning(['msg_id', 'app_id']),
    )
    .insertInto('push_walks')
    .columns(['msg_id', 'app_id', 'first_shard', 'last_shard', 'cursor_shard'])
    .expression((eb) =>
      eb
        .selectFrom('message')
        .select(['msg_id', 'app_id', sql.lit(0).as('first'), sql.lit(LAST_SHARD).as('last'), sql.lit(0).as('cursor')]),
    )
    .returning(['msg_id', 'app_id'])
    .execute();
  for (const { app, request } of pushes) {
    const { override_msg_id, plan_id } = request.message.options;
    if (override_msg_id !== undefined) await replaceMessage(db, app.app_id, override_msg_id);
    if (plan_id !== undefined) await countPlanUse(db, app.app_id, plan_id);
  }
  return new Map(rows.map(({ app_id, msg_id }) => [app_id, msg_id]));
}

function messageRow({ app, request, selection, skipped }: CheckedPush, options: AcceptOptions) {
  const { ttl_seconds, override_msg_id, big_push_minutes, plan_id } = request.message.options;
  const now = Date.now();
  const spread = big_push_minutes === undefined ? undefined : new Date(now + big_push_minutes * 60_000);
  const { audience, segment, part } = selection;
  return {
    app_id: app.app_id,
    group_key: options.group?.group_key ?? null,
    group_msgid: options.group?.group_msgid ?? null,
    request_id: request.request_id,
    sender: request.sender,
    custom_args: request.custom_args === undefined ? null : JSON.stringify(request.custom_args),
    audience: packAudience({ audience, segment, part }),
    message: packMessage(request.message),
    shown_id: override_msg_id ?? null,
    plan_id: plan_id ?? null,
    skipped: JSON.stringify(skipped),
    schedule_id: options.schedule_id ?? null,
    // A slow push reaches its last phones later; each of them gets the whole time to live.
    expires_at: new Date((spread?.getTime() ?? now) + ttl_seconds * 1000),
    spread_until: spread ?? null,
  };
}

async function countPlanUse(db: Db, app_id: string, plan_id: string): Promise<void> {
  await db
    .updateTable('push_plans')
    .set((eb) => ({ message_count: eb('message_count', '+', 1), last_used_at: new Date() }))
    .where('app_id', '=', app_id)
    .where('plan_id', '=', plan_id)
    .execute();
}

/** What is still queued of the replaced message is not sent any more. */
async function replaceMessage(db: Db, app_id: string, msg_id: number): Promise<void> {
  await db
    .updateTable('push_messages')
    .set({ state: 'replaced', finished_at: new Date() })
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .where('state', '=', 'queued')
    .execute();
  await cancelQueued(db, app_id, msg_id);
}

export async function cancelQueued(db: Db, app_id: string, msg_id: number): Promise<void> {
  await db
    .updateTable('push_walks')
    .set({ done: true })
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .execute();
  await db
    .updateTable('push_deliveries')
    .set({ state: 'withdrawn', next_at: null, updated_at: new Date() })
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .where('state', '=', 'queued')
    .execute();
}

/** Ids of the request that are nobody of this app are told apart in the statistics, not silently dropped. */
export async function insertUnknownIds(db: Db, { app, request }: CheckedPush, msg_id: number): Promise<void> {
  const { audience } = request;
  if (!isOnlyRegistrationIds(audience) || !audience.registration_id) return;
  const own = await listOwnIds(db, app.app_id, audience.registration_id);
  const unknown = audience.registration_id.filter((id) => !own.has(id));
  if (unknown.length === 0) return;
  const platform = request.message.platforms[0] ?? 'web';
  await db
    .insertInto('push_deliveries')
    .values(
      unknown.map((registration_id) => ({
        msg_id,
        app_id: app.app_id,
        registration_id,
        kind: 'notification' as const,
        platform,
        bucket: bucketOf({ platform, channel: NO_CHANNEL, browser: null }),
        state: 'target_invalid' as const,
        error_code: 20101,
        error_message: 'no such registration_id',
      })),
    )
    .execute();
}

/** Which of these ids are the app's own. */
export async function listOwnIds(db: Db, app_id: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('push_devices')
    .select('registration_id')
    .where('app_id', '=', app_id)
    .where('registration_id', 'in', ids)
    .execute();
  return new Set(rows.map((row) => row.registration_id));
}
