// One request for every app of a group: an answer per app, one app's failure is its own.

import { sql, type Transaction } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { acceptPush } from './accept.ts';
import { listGroupApps, type PushApp, type PushGroup } from './apps.ts';
import { pushCodeOf, pushError } from './errors.ts';
import { newGroupMsgid } from './identifiers.ts';
import { once, repeatKey } from './repeat.ts';
import type { PushRequest } from './request.ts';
import type { PushRoom } from './room.ts';
import type { AcceptOptions } from './store-message.ts';
import type { SchedulePart } from './targets.ts';

export type GroupEntry =
  | { readonly request_id: string; readonly msg_id: string }
  | { readonly error: { readonly code: number; readonly message: string } };

/** App keys and `group_msgid` only: one decoder of the dialect fails on anything else at the top. */
export type GroupAnswer = { readonly group_msgid: string } & Readonly<Record<string, GroupEntry | string>>;

export interface GroupPushOptions {
  readonly schedule_id?: string | undefined;
  readonly part?: SchedulePart | undefined;
  /** In place of the caller's own keys: the run of a schedule. */
  readonly repeat_key?: string | undefined;
  /** The request as it came, to recognise a repetition by. */
  readonly content?: unknown;
  /** Asked per app before it is tried: a message when the app's share of requests is used up. */
  readonly refuse?: ((app: PushApp) => boolean) | undefined;
}

export async function pushToGroup(
  room: PushRoom,
  group: PushGroup,
  request: PushRequest,
  options: GroupPushOptions = {},
): Promise<GroupAnswer> {
  if (!group.enabled) throw pushError(21038, 'the group is disabled');
  const key = options.repeat_key ?? repeatKey(request.message.options.cid, request.request_id, options.content);
  return once(room.db, `group:${group.group_key}`, key, async (trx) => {
    const apps = await listGroupApps(trx, group.group_key);
    if (apps.length === 0) throw pushError(21011, 'the group has no enabled app');
    const group_msgid = newGroupMsgid(Date.now());
    const accept = { schedule_id: options.schedule_id, part: options.part };
    const replaced = await findReplaced(trx, group.group_key, request);
    const entries: Record<string, GroupEntry> = {};
    for (const app of apps) {
      entries[app.app_key] = options.refuse?.(app)
        ? entryOf(pushError(23008))
        : await acceptOne(room, trx, app, replacing(request, replaced?.get(app.app_id)), {
            ...accept,
            group: { group_key: group.group_key, group_msgid },
          });
    }
    return { ...entries, group_msgid };
  });
}

/**
 * A group's message has an id in every app, and the caller names any one of them: each app replaces its own.
 * Undefined when nothing is replaced; throws 1003 when the id is none of this group's last day.
 */
async function findReplaced(
  trx: Transaction<Schema>,
  group_key: string,
  request: PushRequest,
): Promise<ReadonlyMap<string, number> | undefined> {
  const override = request.message.options.override_msg_id;
  if (override === undefined) return undefined;
  const rows = await trx
    .selectFrom('push_messages')
    .select(['app_id', 'msg_id'])
    .where('group_key', '=', group_key)
    .where('group_msgid', '=', (eb) =>
      eb
        .selectFrom('push_messages')
        .select('group_msgid')
        .where('msg_id', '=', override)
        .where('group_key', '=', group_key),
    )
    .where('created_at', '>', sql<Date>`now() - interval '1 day'`)
    .execute();
  if (rows.length === 0)
    throw pushError(1003, 'options.override_msg_id names no message of this group of the last day');
  return new Map(rows.map((row) => [row.app_id, row.msg_id]));
}

/** An app that joined later has nothing to replace and gets the message as a new one. */
function replacing(request: PushRequest, override_msg_id: number | undefined): PushRequest {
  const { message } = request;
  return { ...request, message: { ...message, options: { ...message.options, override_msg_id } } };
}

/** All apps share one transaction: nothing is reported that a crash could lose. */
async function acceptOne(
  room: PushRoom,
  trx: Transaction<Schema>,
  app: PushApp,
  request: PushRequest,
  options: AcceptOptions,
): Promise<GroupEntry> {
  try {
    const msg_id = await acceptPush(room, trx, app, request, options);
    return { request_id: request.request_id, msg_id: String(msg_id) };
  } catch (error) {
    // Refusals come before the first write, so the transaction is still sound; anything else ends it.
    if (pushCodeOf(error) === undefined) throw error;
    return entryOf(error as Error);
  }
}

function entryOf(error: Error): GroupEntry {
  return { error: { code: pushCodeOf(error) ?? 27000, message: error.message } };
}
