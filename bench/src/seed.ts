// node seed.ts APPS DEVICES: fills the database of the environment with apps that have released, and devices that were seen.

import { sql } from 'kysely';
import { ensureFirstKey } from '../../server/src/accounts/first-key.ts';
import { loadConfig } from '../../server/src/config.ts';
import type { Db } from '../../server/src/db/database.ts';
import { migrate } from '../../server/src/db/migrate.ts';
import { openDatabase } from '../../server/src/db/open.ts';

const [apps, devices] = process.argv.slice(2).map(Number);
if (!apps || devices === undefined) throw new Error('usage: seed APPS DEVICES');
const config = loadConfig(process.env);
const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir });
await migrate(database);
const { org_id } = await ensureFirstKey(database.db, 'bench-admin-key-0123456789');
await addApps(database.db, org_id, apps);
await addDevices(database.db, devices, apps);
// Without the housekeeping of a day, the planner knows nothing of these tables.
await database.query('analyze', []);
await database.query('checkpoint', []);
await database.close();
process.exit(0);

async function addApps(db: Db, org_id: string, count: number): Promise<void> {
  await sql`
    with app as (
      insert into apps (app_id, owner_org, name)
      select 'com.bench.app' || lpad(n::text, 5, '0'), ${org_id}, 'Bench ' || n from generate_series(0, ${count - 1}::int) n
      returning app_id
    ),
    bundle as (
      insert into bundles (app_id, owner_org, name, checksum, object_sha256, storage_provider, size)
      select app_id, ${org_id}, '1.0.1', encode(sha256(app_id::bytea), 'hex'), encode(sha256(app_id::bytea), 'hex'), 'local', 4000000
      from app returning id, app_id
    )
    insert into channels (app_id, owner_org, name, version, public)
    select app_id, ${org_id}, 'production', id, true from bundle`.execute(db);
}

/** As `updates/questions.ts` describes them, so that their next check changes nothing. */
async function addDevices(db: Db, count: number, apps: number): Promise<void> {
  const step = 50_000;
  for (let from = 0; from < count; from += step) {
    await sql`
      insert into devices (app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name)
      select 'com.bench.app' || lpad((n % ${apps}::int)::text, 5, '0'), '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'),
        'ios', '8.45.3', '19.1', '1.0.0', '100', '1.0.1'
      from generate_series(${from}::int, ${Math.min(from + step, count) - 1}::int) n`.execute(db);
  }
}
