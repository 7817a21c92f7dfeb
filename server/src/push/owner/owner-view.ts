// What an owner sees of the push side: settings, credentials, groups, segments, numbers per day.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { COUNTERS } from './message-view.ts';
import { noPush } from './owner-changes.ts';

/** Browsers name theirs; an owner looks at a few. */
const MAX_SERVICES = 100;

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
