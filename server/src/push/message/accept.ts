// Takes a checked request for one app: everything that could fail for certain fails here, then message and jobs are stored together.

import { sql, type Transaction } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';
import type { AppError } from '../../errors.ts';
import { type Audience, isOnlyRegistrationIds, parseAudience } from '../audience/audience.ts';
import { listReachableApps } from '../audience/targets.ts';
import { wakeLanes } from '../delivery/turns.ts';
import type { PushApp } from '../owner/apps.ts';
import type { Platform } from '../platforms.ts';
import { refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import type { Transports } from '../transports/registry.ts';
import type { Transport } from '../transports/transport.ts';
import type { PayloadContext } from './content.ts';
import type { Kind, Message } from './message.ts';
import { alertFor } from './notification.ts';
import type { PushRequest } from './request.ts';
import { listSkipped, noWayTo } from './skipped.ts';
import { type AcceptOptions, type CheckedPush, insertMessages, insertUnknownIds, listOwnIds } from './store-message.ts';
import { factsOf, kindsByPlatform, selectionOf } from './stored-message.ts';

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
  if (!app.enabled) throw refuse('disabled');
  const { message, audience } = request;
  checkNamedPlatforms(room.transports, message, app);
  checkSizes(room, message, app);
  await checkPlan(db, app.app_id, message.options.plan_id);
  await checkOverride(db, app.app_id, message.options.override_msg_id);
  if (message.options.big_push_minutes !== undefined) await checkSlowPushes(db, app.app_id);
  const segment = await findSegment(db, app.app_id, audience.segment_id);
  const selection = selectionOf(room.transports, app, message, { audience, segment, part: options.part });
  return { app, request, selection, skipped: listSkipped(room.transports, app, message) };
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

function checkNamedPlatforms(transports: Transports, message: Message, app: PushApp): void {
  const found = Object.keys(kindsByPlatform(transports, message, app)) as Platform[];
  if (!message.named) {
    if (found.length === 0) throw refuse('field_missing', 'notification holds nothing that a platform can show');
    return;
  }
  const reached = message.platforms.filter((platform) => transports.reaching(platform).length > 0);
  for (const platform of reached) {
    if (found.includes(platform)) continue;
    const alert = message.notification && alertFor(message.notification, platform);
    const missing = platform === 'web' && alert !== undefined ? 'url' : 'alert';
    throw refuse('field_missing', `notification.${platform}.${missing}`);
  }
  const [unreached] = message.platforms;
  if (found.length === 0 && unreached) throw refuse('no_target', noWayTo(unreached));
}

/** Builds every payload that will be sent, in every language, so that an accepted message is never too large later. */
function checkSizes({ transports, reportUrl }: PushRoom, message: Message, app: PushApp): void {
  const kinds = Object.entries(kindsByPlatform(transports, message, app)) as [Platform, readonly Kind[]][];
  for (const language of ['', ...Object.keys(message.options.languages)]) {
    const context: PayloadContext = {
      app: factsOf(app, reportUrl),
      message,
      msg_id: WIDEST_ID,
      shown_id: WIDEST_ID,
      created_at: new Date(),
      language,
    };
    for (const [platform, own] of kinds) {
      for (const transport of waysTo(transports, app, platform))
        for (const kind of own) transport.checkPayload(context, kind, platform);
    }
  }
}

/** Those that the app has an account for: each refuses something else. */
function waysTo(transports: Transports, app: PushApp, platform: Platform): readonly Transport[] {
  const reaching = transports.reaching(platform).filter(({ name }) => app.channels.includes(name));
  const main = transports.mainOf(platform);
  return reaching.length > 0 || !main ? reaching : [main];
}

async function checkPlan(db: Db, app_id: string, plan_id: string | undefined): Promise<void> {
  if (plan_id === undefined) return;
  const plan = await db
    .selectFrom('push_plans')
    .select('plan_id')
    .where('app_id', '=', app_id)
    .where('plan_id', '=', plan_id)
    .executeTakeFirst();
  if (!plan) throw refuse('field_invalid', `options.plan_id ${plan_id} does not exist`);
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
  if (!message) throw refuse('not_replaceable', 'options.override_msg_id names no message of the last day');
}

async function checkSlowPushes(db: Db, app_id: string): Promise<void> {
  const { running } = await db
    .selectFrom('push_messages')
    .select((eb) => eb.fn.countAll<number>().as('running'))
    .where('app_id', '=', app_id)
    .where('state', '=', 'queued')
    .where('spread_until', '>', sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  if (running >= MAX_SLOW_PUSHES) throw refuse('too_many', `${MAX_SLOW_PUSHES} slow pushes are running already`);
}

async function findSegment(db: Db, app_id: string, segment_id: string | undefined): Promise<Audience | undefined> {
  if (segment_id === undefined) return undefined;
  const row = await db
    .selectFrom('push_segments')
    .select('audience')
    .where('app_id', '=', app_id)
    .where('segment_id', '=', segment_id)
    .executeTakeFirst();
  if (!row) throw refuse('field_invalid', 'to.seg.id does not exist');
  return parseAudience(row.audience, 'segment');
}

/** A list of ids of which none is the app's own is a mistake of another kind than an empty audience. */
export async function emptyAudience(db: Db, { app, request: { audience } }: CheckedPush): Promise<AppError> {
  const ids = isOnlyRegistrationIds(audience) ? audience.registration_id : undefined;
  if (ids && (await listOwnIds(db, app.app_id, ids)).size === 0) return refuse('unknown_device', 'to.registration_id');
  return refuse('no_target');
}
