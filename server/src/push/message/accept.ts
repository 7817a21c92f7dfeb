// Takes a checked request for one app: everything that could fail for certain fails here, then message and jobs are stored together.

import { sql, type Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { AppError } from '../../errors.ts';
import { type Audience, isOnlyRegistrationIds, parseAudience } from '../audience/audience.ts';
import type { Platform } from '../audience/platforms.ts';
import { listReachableApps } from '../audience/targets.ts';
import { wakeLanes } from '../delivery/turns.ts';
import type { PushApp } from '../owner/apps.ts';
import { androidPayload } from '../payloads/android.ts';
import type { PayloadContext } from '../payloads/content.ts';
import { iosPayload } from '../payloads/ios.ts';
import { webPayload } from '../payloads/web.ts';
import type { PushRoom } from '../room.ts';
import { pushError } from './errors.ts';
import type { Message } from './message.ts';
import type { PushRequest } from './request.ts';
import { type AcceptOptions, type CheckedPush, insertMessages, insertUnknownIds, listOwnIds } from './store-message.ts';
import { factsOf, selectionOf } from './stored-message.ts';

const MAX_SLOW_PUSHES = 20;
/** A message that does not exist yet is measured with the widest id. */
const WIDEST_ID = Number.MAX_SAFE_INTEGER;

/** Everything that depends on the app: its credentials, plan, replaced message, payload sizes and audience. Changes nothing. */
export async function checkPush(
  room: PushRoom,
  db: Db,
  app: PushApp,
  request: PushRequest,
  options: AcceptOptions = {},
): Promise<CheckedPush> {
  const checked = await checkContent(room, db, app, request, options);
  const reachable = await listReachableApps(db, [checked.selection]);
  if (!reachable.has(app.app_id)) throw await emptyAudience(db, checked);
  return checked;
}

/** All of that but whether there is anybody. */
export async function checkContent(
  room: PushRoom,
  db: Db,
  app: PushApp,
  request: PushRequest,
  options: AcceptOptions = {},
): Promise<CheckedPush> {
  if (!app.enabled) throw pushError(21038);
  const { message, audience } = request;
  checkNamedPlatforms(message, app);
  checkSizes(message, app, room.publicUrl);
  await checkPlan(db, app.app_id, message.options.plan_id);
  await checkOverride(db, app.app_id, message.options.override_msg_id);
  if (message.options.big_push_minutes !== undefined) await checkSlowPushes(db, app.app_id);
  const segment = await findSegment(db, app.app_id, audience.segment_id);
  const selection = selectionOf(app, message, { audience, segment, part: options.part });
  return { app, request, selection };
}

/** Checks and stores; the message is on its way when the transaction commits. Returns its id. */
export async function acceptPush(
  room: PushRoom,
  trx: Transaction<Schema>,
  app: PushApp,
  request: PushRequest,
  options: AcceptOptions = {},
): Promise<number> {
  const checked = await checkPush(room, trx, app, request, options);
  const ids = await storePushes(room, trx, [checked], options);
  return ids.get(app.app_id) as number;
}

/** Stores checked pushes, one of each app; they are on their way when the transaction commits. Returns each app's id. */
export async function storePushes(
  room: PushRoom,
  trx: Transaction<Schema>,
  pushes: readonly CheckedPush[],
  options: AcceptOptions,
): Promise<ReadonlyMap<string, number>> {
  const ids = await insertMessages(trx, pushes, options);
  for (const push of pushes) await insertUnknownIds(trx, push, ids.get(push.app.app_id) as number);
  await wakeLanes(room.jobs, trx, ids.size);
  return ids;
}

function checkNamedPlatforms(message: Message, app: PushApp): void {
  const { kinds } = selectionOf(app, message, { audience: parseAudience('all'), segment: undefined, part: undefined });
  const found = Object.keys(kinds) as Platform[];
  if (!message.named) {
    if (found.length === 0) throw pushError(21002, 'body.notification holds nothing that a platform can show');
    return;
  }
  for (const platform of message.platforms) {
    if (platform === 'hmos' || found.includes(platform)) continue;
    const { notification } = message;
    const alert = notification?.[platform]?.alert ?? notification?.alert;
    const missing = platform === 'web' && alert !== undefined ? 'url' : 'alert';
    throw pushError(21002, `body.notification.${platform}.${missing}`);
  }
  if (found.length === 0) throw pushError(21011, 'HarmonyOS devices cannot be reached');
}

/** Builds every payload that will be sent, in every language, so that an accepted message is never too large later. */
function checkSizes(message: Message, app: PushApp, publicUrl: string): void {
  const { kinds } = selectionOf(app, message, { audience: parseAudience('all'), segment: undefined, part: undefined });
  for (const language of ['', ...Object.keys(message.options.languages)]) {
    const context: PayloadContext = {
      app: factsOf(app, publicUrl),
      message,
      msg_id: WIDEST_ID,
      shown_id: WIDEST_ID,
      language,
    };
    for (const kind of kinds.web ?? []) webPayload(context, kind);
    for (const kind of kinds.android ?? []) androidPayload(context, kind);
    for (const kind of kinds.ios ?? []) iosPayload(context, kind, 0);
  }
}

async function checkPlan(db: Db, app_id: string, plan_id: string | undefined): Promise<void> {
  if (plan_id === undefined) return;
  const plan = await db
    .selectFrom('push_plans')
    .select('plan_id')
    .where('app_id', '=', app_id)
    .where('plan_id', '=', plan_id)
    .executeTakeFirst();
  if (!plan) throw pushError(21003, `options.plan_id ${plan_id} does not exist`);
}

async function checkOverride(db: Db, app_id: string, override: number | undefined): Promise<void> {
  if (override === undefined) return;
  const message = await db
    .selectFrom('push_messages')
    .select('msg_id')
    .where('app_id', '=', app_id)
    .where('msg_id', '=', override)
    .where('created_at', '>', sql<Date>`now() - interval '1 day'`)
    .executeTakeFirst();
  if (!message) throw pushError(1003, 'options.override_msg_id names no message of the last day');
}

async function checkSlowPushes(db: Db, app_id: string): Promise<void> {
  const { running } = await db
    .selectFrom('push_messages')
    .select((eb) => eb.fn.countAll<number>().as('running'))
    .where('app_id', '=', app_id)
    .where('state', '=', 'queued')
    .where('spread_until', '>', sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  if (running >= MAX_SLOW_PUSHES) throw pushError(23006, `${MAX_SLOW_PUSHES} slow pushes are running already`);
}

async function findSegment(db: Db, app_id: string, segment_id: string | undefined): Promise<Audience | undefined> {
  if (segment_id === undefined) return undefined;
  const row = await db
    .selectFrom('push_segments')
    .select('audience')
    .where('app_id', '=', app_id)
    .where('segment_id', '=', segment_id)
    .executeTakeFirst();
  if (!row) throw pushError(21003, 'to.seg.id does not exist');
  return parseAudience(row.audience, 'segment');
}

/** A list of ids of which none is the app's own is a mistake of another kind than an empty audience. */
export async function emptyAudience(db: Db, { app, request: { audience } }: CheckedPush): Promise<AppError> {
  const ids = isOnlyRegistrationIds(audience) ? audience.registration_id : undefined;
  if (ids && (await listOwnIds(db, app.app_id, ids)).size === 0) return pushError(20101, 'to.registration_id');
  return pushError(21011);
}
