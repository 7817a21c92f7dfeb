// What an owner sees of the push side: settings, credentials, groups, segments, messages in numbers.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { pageOffset } from '../../db/page-offset.ts';
import { noPush } from './owner-changes.ts';

const PAGE_SIZE = 50;
/** Browsers name theirs; an owner looks at a few. */
const MAX_SERVICES = 100;
const COUNTERS = ['targets', 'sent', 'delivered', 'impressions', 'clicks', 'failed'] as const;

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
  const services = await db
    .selectFrom('push_services')
    .select(['channel', 'service', 'accepted_at', 'paused_at', 'paused_until', 'failure', 'refused_devices'])
    .where('app_id', '=', app_id)
    .orderBy('service')
    .limit(MAX_SERVICES)
    .execute();
  const devices = await db
    .selectFrom('push_devices')
    .select(['platform', (eb) => eb.fn.countAll<number>().as('count')])
    .where('app_id', '=', app_id)
    .where('active', '=', true)
    .groupBy('platform')
    .execute();
  const withServices = (credential: (typeof credentials)[number]) => ({
    ...credential,
    services: services.filter((row) => row.channel === credential.channel).map(({ channel: _, ...row }) => row),
  });
  return {
    ...app,
    credentials: credentials.map(withServices),
    devices: Object.fromEntries(devices.map((row) => [row.platform, row.count])),
  };
}

/** The last messages with their numbers and the reasons of failures, 50 a page from page 0. */
export async function listMessages(db: Db, app_id: string, page: number) {
  const messages = await db
    .selectFrom('push_messages')
    .select(['msg_id', 'group_msgid', 'state', 'skipped', 'created_at', 'finished_at'])
    .where('app_id', '=', app_id)
    .orderBy('msg_id', 'desc')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
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

export async function listGroups(db: Db, owner_org: string) {
  return db
    .selectFrom('push_groups as g')
    .select(['g.group_key', 'g.owner_org', 'g.name', 'g.enabled', 'g.created_at'])
    .select(
      sql<
        string[]
      >`array(select m.app_id from push_group_apps m where m.group_key = g.group_key order by m.added_at, m.app_id)`.as(
        'app_ids',
      ),
    )
    .where('g.owner_org', '=', owner_org)
    .orderBy('g.created_at')
    .execute();
}
