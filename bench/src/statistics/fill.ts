// node fill.ts EVENTS: one app with so many events over the last 365 days, and the rollups that they leave.

import { sql } from 'kysely';
import { ensureFirstKey } from '../../../server/src/accounts/first-key.ts';
import { loadConfig } from '../../../server/src/config.ts';
import type { Db } from '../../../server/src/db/database.ts';
import { migrate } from '../../../server/src/db/migrate.ts';
import { openDatabase } from '../../../server/src/db/open.ts';
import { addDays } from '../../../server/src/stats/days.ts';
import { Partitions } from '../../../server/src/stats/partitions.ts';
import { utcDay } from '../../../server/src/utc-day.ts';
import { app_id, DAYS, DEVICES } from './shape.ts';

const events = Number(process.argv[2]);
if (!events) throw new Error('usage: fill EVENTS');
const config = loadConfig(process.env);
const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir });
await migrate(database);
const { org_id } = await ensureFirstKey(database.db, 'bench-admin-key-0123456789');
const first = addDays(utcDay(Date.now()), -DAYS + 1);
const partitions = new Partitions(database);
await addApp(database.db, org_id);
for (let at = 0; at < DAYS; at++) {
  const day = addDays(first, at);
  await partitions.ensure([day]);
  await addEvents(database.db, day, Math.round(events / DAYS));
}
await addRollups(database.db);
await database.query('analyze', []);
await database.query('checkpoint', []);
await database.close();
process.exit(0);

async function addApp(db: Db, owner_org: string): Promise<void> {
  await db.insertInto('apps').values({ app_id, owner_org, name: 'Bench' }).execute();
  await sql`
    insert into bundles (app_id, owner_org, name, checksum, storage_provider, size, created_at)
    select ${app_id}, ${owner_org}, '1.' || n || '.0', 'c', 'local', 4000000, now() - make_interval(days => ${DAYS}::int - n)
    from generate_series(0, ${DAYS}::int - 1, 7) n`.execute(db);
}

async function addEvents(db: Db, day: string, count: number): Promise<void> {
  await sql`
    insert into stats_events (day, app_id, device_id, action, version_name, platform, plugin_version, version_build, is_prod,
      is_emulator, channel, occurred_at, received_at)
    select ${day}::date, ${app_id}, '00000000-0000-4000-8000-' || lpad(((n * 7919) % ${DEVICES}::int)::text, 12, '0'),
      (array['get', 'set', 'download_complete', 'app_moved_to_background'])[1 + n % 4], '1.' || (n % 6) || '.0',
      (array['ios', 'android'])[1 + n % 2], '8.45.3', '1.0.0', true, false, 'production',
      ${day}::timestamptz + n * interval '1 millisecond', now()
    from generate_series(1, ${count}::int) n`.execute(db);
}

/** As many rows a day as an app with several releases, channels and platforms leaves, whatever its number of events. */
async function addRollups(db: Db): Promise<void> {
  const eachDay = sql`generate_series(current_date - ${DAYS}::int + 1, current_date, '1 day') as day`;
  await sql`
    insert into stats_daily (app_id, day, version_name, channel, platform, action, count)
    select ${app_id}, day::date, '1.' || (extract(doy from day)::int / 30 + version) || '.0', channel, platform, action, 1000 + version
    from ${eachDay}, generate_series(0, 5) version, unnest(array['production', 'beta']) channel,
      unnest(array['ios', 'android', 'electron']) platform,
      unnest(array['get', 'set', 'download_complete', 'download_10', 'download_50', 'download_90', 'app_moved_to_background',
        'app_moved_to_foreground', 'set_next', 'update_fail', 'up_to_date', 'ping']) action`.execute(db);
  await sql`insert into mau_daily select ${app_id}, day::date, 300 from ${eachDay}`.execute(db);
  await sql`insert into bandwidth_daily select ${app_id}, day::date, 5000000000 from ${eachDay}`.execute(db);
  await sql`insert into native_daily select ${app_id}, day::date, platform, '1.' || build, 500
    from ${eachDay}, unnest(array['ios', 'android', 'electron']) platform, generate_series(0, 7) build`.execute(db);
}
