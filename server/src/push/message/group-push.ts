// One request for every app of a group: an answer per app, one app's failure is its own.

import { sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import type { AppError } from '../../errors.ts';
import { listReachableApps, type SchedulePart } from '../audience/targets.ts';
import { listGroupApps, type PushApp, type PushGroup } from '../owner/apps.ts';
import { newGroupMsgid } from '../owner/identifiers.ts';
import { isRefusal, type Refused, refusalOf, refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { checkContent, emptyAudience, storePushes } from './accept.ts';
import { once, repeatKey } from './repeat.ts';
import type { PushRequest } from './request.ts';
import { type Skipped, skippedOf } from './skipped.ts';
import type { AcceptOptions, CheckedPush } from './store-message.ts';

type GroupEntry =
  | { readonly request_id: string; readonly msg_id: string; readonly skipped?: readonly Skipped[] }
  | { readonly error: Refused };

/** App keys and `group_msgid` only: one decoder of the dialect fails on anything else at the top. */
export type GroupAnswer = { readonly group_msgid: string } & Readonly<Record<string, GroupEntry | string>>;

interface GroupPushOptions {
  readonly schedule_id?: string | undefined;
  readonly part?: SchedulePart | undefined;
  /** In place of the caller's own key: the run of a schedule. */
  readonly repeat_key?: string | undefined;
  /** Asked per app before it is tried: whether the app's share of requests is used up. */
  readonly isSpent?: ((app: PushApp) => boolean) | undefined;
  /** What else is written in the transaction that sends. */
  readonly alongside?: ((trx: Transaction<Schema>, answer: GroupAnswer) => Promise<void>) | undefined;
}

export async function pushToGroup(
  room: PushRoom,
  group: PushGroup,
  request: PushRequest,
  options: GroupPushOptions = {},
): Promise<GroupAnswer> {
  if (!group.enabled) throw refuse('disabled', 'the group is disabled');
  const key = options.repeat_key ?? repeatKey(request.message.options.cid);
  const act = async (trx: Transaction<Schema>, before?: GroupAnswer): Promise<GroupAnswer> => {
    const apps = (await listGroupApps(trx, group.group_key)).filter(({ app_key }) => !isSent(before?.[app_key]));
    if (apps.length === 0 && !before) throw refuse('no_target', 'the group has no enabled app');
    const group_msgid = before?.group_msgid ?? newGroupMsgid(Date.now());
    const replaced = await findReplaced(trx, group.group_key, request);
    const accept = { schedule_id: options.schedule_id, part: options.part };
    const entries = await pushToApps(room, trx, apps, {
      requestOf: (app) => replacing(request, replaced?.get(app.app_id)),
      isSpent: options.isSpent ?? (() => false),
      accept: { ...accept, group: { group_key: group.group_key, group_msgid } },
    });
    const answer = { ...before, ...entries, group_msgid };
    await options.alongside?.(trx, answer);
    return answer;
  };
  return once(room.db, `group:${group.group_key}`, key, act, hasFailures);
}

const isSent = (entry: GroupEntry | string | undefined): boolean => typeof entry === 'object' && 'msg_id' in entry;

/** A repetition sends to the apps that failed, and to no other. */
const hasFailures = (answer: GroupAnswer): boolean =>
  Object.values(answer).some((entry) => typeof entry === 'object' && 'error' in entry);

interface AppsPush {
  requestOf(app: PushApp): PushRequest;
  isSpent(app: PushApp): boolean;
  readonly accept: AcceptOptions;
}

/** All apps share one transaction, so nothing is reported that a crash could lose, and as few statements as one app needs. */
async function pushToApps(
  room: PushRoom,
  trx: Transaction<Schema>,
  apps: readonly PushApp[],
  { requestOf, isSpent, accept }: AppsPush,
): Promise<Record<string, GroupEntry>> {
  const errors = new Map<PushApp, AppError>();
  const checked: CheckedPush[] = [];
  for (const app of apps) {
    try {
      if (isSpent(app)) throw refuse('rate_limited');
      checked.push(await checkContent(room, trx, app, requestOf(app), accept));
    } catch (error) {
      // One app's refusal is its own; anything else ends the whole request, and nothing of it is stored.
      if (!isRefusal(error)) throw error;
      errors.set(app, error as AppError);
    }
  }
  const reachable = await listReachableApps(
    trx,
    checked.map(({ selection }) => selection),
  );
  for (const push of checked) {
    if (!reachable.has(push.app.app_id)) errors.set(push.app, await emptyAudience(trx, push));
  }
  const accepted = checked.filter(({ app }) => !errors.has(app));
  const ids = await storePushes(room, trx, accepted, accept);
  const entryOf = (app: PushApp): GroupEntry => {
    const error = errors.get(app);
    const refused = error && refusalOf(error);
    if (refused) return { error: refused };
    const { request_id, message } = requestOf(app);
    return { request_id, msg_id: String(ids.get(app.app_id)), ...skippedOf(room.transports, app, message) };
  };
  return Object.fromEntries(apps.map((app) => [app.app_key, entryOf(app)]));
}

/**
 * A group's message has an id in every app, and the caller names any one of them: each app replaces its own.
 * Undefined when nothing is replaced; throws `not_replaceable` when the id is none of this group's last day.
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
    throw refuse('not_replaceable', 'options.override_msg_id names no message of this group of the last day');
  return new Map(rows.map((row) => [row.app_id, row.msg_id]));
}

/** An app that joined later has nothing to replace and gets the message as a new one. */
function replacing(request: PushRequest, override_msg_id: number | undefined): PushRequest {
  const { message } = request;
  return { ...request, message: { ...message, options: { ...message.options, override_msg_id } } };
}
