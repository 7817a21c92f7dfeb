// A message as the worker reads it back: what to send, for which app, and until when.

import type { Db } from '../../db/database.ts';
import type { Selection } from '../audience/targets.ts';
import type { JsonObject } from '../fields.ts';
import { findPushApp, type PushApp } from '../owner/apps.ts';
import type { Platform } from '../platforms.ts';
import type { PushRoom } from '../room.ts';
import type { Transports } from '../transports/registry.ts';
import { type AppFacts, kindsFor } from './content.ts';
import type { Kind, Message } from './message.ts';
import { type StoredAudience, unpackAudience, unpackMessage } from './stored-form.ts';

export interface StoredMessage {
  readonly app: PushApp;
  readonly msg_id: number;
  readonly shown_id: number;
  readonly sender: string;
  readonly custom_args: unknown;
  readonly message: Message;
  readonly selection: Selection;
  readonly state: 'queued' | 'sent' | 'withdrawn' | 'replaced';
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly spread_until: Date | null;
  /** Who wants to hear of every change. */
  readonly callback_ids: readonly string[];
}

export function factsOf(app: PushApp, reportUrl: string): AppFacts {
  return {
    app_key: app.app_key,
    name: app.name,
    default_url: app.default_url,
    default_icon: app.default_icon,
    report_url: reportUrl,
  };
}

/** What each platform of the message is sent in this app; platforms that get nothing are left out. */
export function kindsByPlatform(
  transports: Transports,
  message: Message,
  app: Pick<PushApp, 'default_url'>,
): Readonly<Partial<Record<Platform, readonly Kind[]>>> {
  const entries = message.platforms
    // A request for phones that also holds a message for their apps is not for browsers.
    .filter((platform) => platform !== 'web' || !(message.notification && message.message))
    .filter((platform) => transports.reaching(platform).length > 0)
    .map((platform) => [platform, kindsFor(message, platform, app)] as const)
    .filter(([, kinds]) => kinds.length > 0);
  return Object.fromEntries(entries);
}

export function selectionOf(
  transports: Transports,
  app: PushApp,
  message: Message,
  { audience, segment, part }: StoredAudience,
): Selection {
  const own = transports.list.filter(({ name }) => app.channels.includes(name));
  return {
    app_id: app.app_id,
    audience,
    segment,
    part,
    kinds: kindsByPlatform(transports, message, app),
    reach: own.map(({ name, deviceColumns, restrict }) => ({
      channel: name,
      only: restrict?.(message) ?? {},
      columns: deviceColumns,
    })),
    web_active_days: app.web_active_days,
  };
}

export async function findStoredMessage(
  { db, transports }: Pick<PushRoom, 'db' | 'transports'>,
  app_id: string,
  msg_id: number,
): Promise<StoredMessage | undefined> {
  const row = await db
    .selectFrom('push_messages')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .executeTakeFirst();
  const app = row && (await findPushApp(db, app_id));
  if (!row || !app) return undefined;
  const message = unpackMessage(row.message as unknown as JsonObject);
  return {
    app,
    msg_id,
    shown_id: row.shown_id ?? msg_id,
    sender: row.sender,
    custom_args: row.custom_args,
    message,
    selection: selectionOf(transports, app, message, unpackAudience(row.audience as unknown as JsonObject)),
    state: row.state,
    created_at: row.created_at,
    expires_at: row.expires_at,
    spread_until: row.spread_until,
    callback_ids: await listCallbackIds(db, app_id, row.group_key),
  };
}

/** The callbacks that a message's rows go to: the app's own, and that of the group it was sent through. */
export async function listCallbackIds(db: Db, app_id: string, group_key: string | null): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('push_callbacks')
    .select('callback_id')
    .where((eb) => eb.or([eb('app_id', '=', app_id), eb('group_key', '=', group_key ?? '')]))
    .execute();
  return rows.map((row) => row.callback_id);
}
