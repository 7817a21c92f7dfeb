// What an owner changes of an app's push side: each change in one transaction with its entry in the audit log.

import { isIP } from 'node:net';
import { lockWholeApp } from '../../accounts/apps.ts';
import type { Db } from '../../db/database.ts';
import type { PushAppsTable, PushChannel } from '../../db/tables/push.ts';
import { AppError } from '../../errors.ts';
import { parseAudience } from '../audience/audience.ts';
import { retryNow } from '../delivery/retry.ts';
import { endPauses } from '../delivery/services.ts';
import type { JsonObject } from '../fields.ts';
import { refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { enablePush, rotateAppSecret } from './apps.ts';
import { findKeptFields, parseCredential, saveCredential } from './credentials.ts';
import { newKey } from './identifiers.ts';
import { type By, record } from './owner-audit.ts';

export const noPush = (app_id: string) => new AppError('push_not_enabled', 404, `Push is not enabled for ${app_id}`);

const appColumns = [
  'app_id',
  'app_key',
  'owner_org',
  'secret_hash',
  'enabled',
  'default_url',
  'default_icon',
  'allowed_ips',
  'web_origins',
  'client_tags',
  'web_active_days',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof PushAppsTable)[];

/** Locked, so that changes of one app follow each other. */
async function lockPushApp(trx: Db, app_id: string) {
  const app = await trx
    .selectFrom('push_apps')
    .select(appColumns)
    .where('app_id', '=', app_id)
    .forUpdate()
    .executeTakeFirst();
  if (!app) throw noPush(app_id);
  return app;
}

/** The master secret is in this answer and in no other. Throws 409 when push is on already. */
export async function turnOnPush(db: Db, by: By, app_id: string) {
  return db.transaction().execute(async (trx) => {
    await lockWholeApp(trx, app_id);
    const present = await trx.selectFrom('push_apps').select('app_id').where('app_id', '=', app_id).executeTakeFirst();
    if (present) throw new AppError('push_already_enabled', 409, 'Push is enabled already; rotate the secret instead');
    const enabled = await enablePush(trx, { app_id, owner_org: by.org_id });
    await record(trx, by, 'push_apps', app_id, { after: await lockPushApp(trx, app_id) });
    return enabled;
  });
}

interface PushAppSettings {
  readonly enabled?: boolean;
  readonly default_url?: string | null;
  readonly default_icon?: string | null;
  readonly allowed_ips?: string[];
  readonly web_origins?: string[];
  readonly client_tags?: boolean;
  readonly web_active_days?: number;
}

function refuseSettings(settings: PushAppSettings): string | undefined {
  for (const field of ['default_url', 'default_icon'] as const) {
    const url = settings[field];
    if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return `${field} is not an http or https URL`;
  }
  // Both are compared as they are: whatever is written another way would never match, and nobody would know why.
  const origin = settings.web_origins?.find((text) => !isOrigin(text));
  if (origin !== undefined) return `web_origins: "${origin}" is not an origin, such as https://example.com`;
  const address = settings.allowed_ips?.find((text) => isIP(text) === 0);
  if (address !== undefined) return `allowed_ips: "${address}" is not an IP address`;
  return undefined;
}

/** WebViews have origins of schemes of their own, of which `URL` knows no origin. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url?.origin === text || (url?.origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[^/?#]+$/.test(text));
}

/** Throws `field_invalid` with the name of the field. */
export async function updatePushApp(db: Db, by: By, app_id: string, settings: PushAppSettings): Promise<void> {
  const wrong = refuseSettings(settings);
  if (wrong) throw refuse('field_invalid', wrong);
  await changeApp(db, by, app_id, (trx) =>
    trx
      .updateTable('push_apps')
      .set({ ...settings, updated_at: new Date() })
      .where('app_id', '=', app_id)
      .execute(),
  );
}

/** A new master secret; the one before still opens for a day. */
export const rotateMasterSecret = (db: Db, by: By, app_id: string): Promise<string> =>
  changeApp(db, by, app_id, async (trx) => {
    const secret = await rotateAppSecret(trx, app_id);
    if (secret === undefined) throw noPush(app_id);
    return secret;
  });

async function changeApp<T>(db: Db, by: By, app_id: string, change: (trx: Db) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    const before = await lockPushApp(trx, app_id);
    const result = await change(trx);
    await record(trx, by, 'push_apps', app_id, { before, after: await lockPushApp(trx, app_id) });
    return result;
  });
}

const findCredential = (trx: Db, app_id: string, channel: PushChannel) =>
  trx
    .selectFrom('push_credentials')
    .select(['app_id', 'channel', 'sealed', 'details', 'created_at', 'updated_at'])
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .executeTakeFirst();

/** Checks and stores. Throws a refusal with the name of the field. */
export async function storeCredential(
  room: PushRoom,
  by: By,
  app_id: string,
  channel: PushChannel,
  input: JsonObject,
): Promise<void> {
  const { db, vault, allowPrivate } = room;
  const transport = room.transports.get(channel);
  await db.transaction().execute(async (trx) => {
    await lockPushApp(trx, app_id);
    const kept = await findKeptFields(trx, vault, app_id, transport, input);
    const credential = parseCredential(transport, { ...kept, ...input }, allowPrivate);
    const before = await findCredential(trx, app_id, channel);
    await saveCredential(trx, vault, app_id, transport, credential);
    const after = await findCredential(trx, app_id, channel);
    await record(trx, by, 'push_credentials', `${app_id}:${channel}`, { before, after });
    await retryNow(room, trx, app_id, channel);
  });
}

/** Ends the pauses of a channel: what waits because of them goes out now. Returns how many there were. */
export async function resumeChannel(room: PushRoom, by: By, app_id: string, channel: PushChannel): Promise<number> {
  return room.db.transaction().execute(async (trx) => {
    await lockPushApp(trx, app_id);
    const before = await findPauses(trx, app_id, channel);
    if (!before) throw new AppError('no_credential', 404, `${app_id} has no ${channel} credential`);
    const ended = await endPauses(trx, app_id, channel);
    await record(trx, by, 'push_credentials', `${app_id}:${channel}`, {
      before,
      after: await findPauses(trx, app_id, channel),
    });
    await retryNow(room, trx, app_id, channel);
    return ended;
  });
}

const findPauses = (trx: Db, app_id: string, channel: PushChannel) =>
  trx
    .selectFrom('push_credentials')
    .select(['app_id', 'channel', 'failure', 'paused_until'])
    .where('app_id', '=', app_id)
    .where('channel', '=', channel)
    .forUpdate()
    .executeTakeFirst();

/** What is not there leaves no trace. */
export async function removeCredential(db: Db, by: By, app_id: string, channel: PushChannel): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await findCredential(trx, app_id, channel);
    if (!before) return;
    await trx.deleteFrom('push_credentials').where('app_id', '=', app_id).where('channel', '=', channel).execute();
    await record(trx, by, 'push_credentials', `${app_id}:${channel}`, { before });
  });
}

/** A segment is a stored `to`; it may not name another segment. */
export async function createSegment(db: Db, by: By, app_id: string, name: string, audience: JsonObject) {
  const parsed = parseAudience(audience, 'audience');
  if (parsed.segment_id) throw refuse('field_invalid', 'audience.seg: a segment cannot contain another');
  return db.transaction().execute(async (trx) => {
    const segment = await trx
      .insertInto('push_segments')
      .values({ segment_id: newKey(), app_id, name, audience: JSON.stringify(audience) })
      .returning(['segment_id', 'name', 'audience'])
      .executeTakeFirstOrThrow();
    await record(trx, by, 'push_segments', segment.segment_id, { after: { app_id, ...segment } });
    return segment;
  });
}

export async function deleteSegment(db: Db, by: By, app_id: string, segment_id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await trx
      .deleteFrom('push_segments')
      .where('app_id', '=', app_id)
      .where('segment_id', '=', segment_id)
      .returning(['segment_id', 'app_id', 'name', 'audience'])
      .executeTakeFirst();
    if (before) await record(trx, by, 'push_segments', segment_id, { before });
  });
}
