// What an owner sees and changes of the push side: settings, credentials, groups, segments, messages in numbers.

import { sql } from 'kysely';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type PushGroup, setGroupApps } from './apps.ts';
import { parseAudience } from './audience.ts';
import { pushError } from './errors.ts';
import { newKey } from './identifiers.ts';

const PAGE_SIZE = 50;
const COUNTERS = ['targets', 'sent', 'delivered', 'impressions', 'clicks', 'failed'] as const;

const noPush = (app_id: string) => new AppError('push_not_enabled', 404, `Push is not enabled for ${app_id}`);
const noGroup = () => new AppError('group_not_found', 404, 'Group not found');

export async function describePushApp(db: Db, app_id: string) {
  const app = await db
    .selectFrom('push_apps')
    .select(['app_id', 'app_key', 'enabled', 'default_url', 'default_icon', 'allowed_ips', 'web_origins'])
    .select(['client_tags', 'web_active_days'])
    .where('app_id', '=', app_id)
    .executeTakeFirst();
  if (!app) throw noPush(app_id);
  const credentials = await db
    .selectFrom('push_credentials')
    .select(['channel', 'details', 'failure', 'paused_until', 'updated_at'])
    .where('app_id', '=', app_id)
    .orderBy('channel')
    .execute();
  const devices = await db
    .selectFrom('push_devices')
    .select(['platform', (eb) => eb.fn.countAll<number>().as('count')])
    .where('app_id', '=', app_id)
    .where('active', '=', true)
    .groupBy('platform')
    .execute();
  return { ...app, credentials, devices: Object.fromEntries(devices.map((row) => [row.platform, row.count])) };
}

export interface PushAppSettings {
  readonly enabled?: boolean;
  readonly default_url?: string | null;
  readonly default_icon?: string | null;
  readonly allowed_ips?: string[];
  readonly web_origins?: string[];
  readonly client_tags?: boolean;
  readonly web_active_days?: number;
}

export async function updatePushApp(db: Db, app_id: string, settings: PushAppSettings): Promise<void> {
  for (const url of [settings.default_url, settings.default_icon]) {
    if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw pushError(21003, 'a URL is not http or https');
  }
  const updated = await db
    .updateTable('push_apps')
    .set({ ...settings, updated_at: new Date() })
    .where('app_id', '=', app_id)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) throw noPush(app_id);
}

/** The last messages with their numbers and the reasons of failures, 50 a page from page 0. */
export async function listMessages(db: Db, app_id: string, page: number) {
  const messages = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'group_msgid', 'state', 'created_at', 'finished_at'])
    .where('app_id', '=', app_id)
    .orderBy('msg_id', 'desc')
    .limit(PAGE_SIZE)
    .offset(page * PAGE_SIZE)
    .execute();
  const ids = [0, ...messages.map((row) => row.msg_id)];
  const counts = await db
    .selectFrom('push_counts')
    .select(['msg_id', ...COUNTERS])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', ids)
    .execute();
  const failures = await db
    .selectFrom('push_failures')
    .select(['msg_id', 'platform', 'reason', 'count'])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', ids)
    .orderBy('count', 'desc')
    .execute();
  return messages.map((message) => {
    const own = counts.filter((row) => row.msg_id === message.msg_id);
    const sums = COUNTERS.map((name) => [name, own.reduce((sum, row) => sum + row[name], 0)] as const);
    const reasons = failures.filter((row) => row.msg_id === message.msg_id);
    return {
      ...message,
      msg_id: String(message.msg_id),
      ...(Object.fromEntries(sums) as Record<(typeof COUNTERS)[number], number>),
      reasons: reasons.map(({ platform, reason, count }) => ({ platform, reason, count })),
    };
  });
}

/** The last 90 days, from the rollup. */
export async function listDays(db: Db, app_id: string) {
  return db
    .selectFrom('push_daily')
    .select(['day', 'platform', 'bucket', ...COUNTERS])
    .where('app_id', '=', app_id)
    .where('day', '>', sql<string>`current_date - 90`)
    .orderBy('day')
    .orderBy('platform')
    .orderBy('bucket')
    .execute();
}

export async function listSegments(db: Db, app_id: string) {
  return db
    .selectFrom('push_segments')
    .select(['segment_id', 'name', 'audience'])
    .where('app_id', '=', app_id)
    .orderBy('created_at')
    .execute();
}

/** A segment is a stored `to`; it may not name another segment. */
export async function createSegment(db: Db, app_id: string, name: string, audience: Record<string, unknown>) {
  const parsed = parseAudience(audience, 'audience');
  if (parsed.segment_id) throw pushError(21003, 'audience.seg: a segment cannot contain another');
  return db
    .insertInto('push_segments')
    .values({ segment_id: newKey(), app_id, name, audience: JSON.stringify(audience) })
    .returning(['segment_id', 'name', 'audience'])
    .executeTakeFirstOrThrow();
}

export async function deleteSegment(db: Db, app_id: string, segment_id: string): Promise<void> {
  await db.deleteFrom('push_segments').where('app_id', '=', app_id).where('segment_id', '=', segment_id).execute();
}

export async function listGroups(db: Db, owner_org: string) {
  return db
    .selectFrom('push_groups as g')
    .select(['g.group_key', 'g.owner_org', 'g.name', 'g.enabled', 'g.created_at'])
    .select(
      sql<
        string[]
      >`array(select m.app_id from push_group_apps m where m.group_key = g.group_key order by m.added_at)`.as(
        'app_ids',
      ),
    )
    .where('g.owner_org', '=', owner_org)
    .orderBy('g.created_at')
    .execute();
}

export async function getGroup(db: Db, owner_org: string, group_key: string): Promise<PushGroup> {
  const group = await db
    .selectFrom('push_groups')
    .select(['group_key', 'owner_org', 'name', 'enabled'])
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .executeTakeFirst();
  if (!group) throw noGroup();
  return group;
}

export interface GroupChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly app_ids?: readonly string[];
}

export async function updateGroup(db: Db, owner_org: string, group_key: string, change: GroupChange): Promise<void> {
  const group = await getGroup(db, owner_org, group_key);
  const { app_ids, ...settings } = change;
  await db
    .updateTable('push_groups')
    .set({ ...settings, updated_at: new Date() })
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .execute();
  if (app_ids) await setGroupApps(db, group, app_ids);
}

export async function deleteGroup(db: Db, owner_org: string, group_key: string): Promise<void> {
  const deleted = await db
    .deleteFrom('push_groups')
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .executeTakeFirst();
  if (deleted.numDeletedRows === 0n) throw noGroup();
}
