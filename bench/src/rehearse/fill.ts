// node fill.ts DEVICES: one app that released two bundles, with a fleet of many kinds of devices, in no order.

import { ensureFirstKey } from '../../../server/src/accounts/first-key.ts';
import { loadConfig } from '../../../server/src/config.ts';
import { migrate } from '../../../server/src/db/migrate.ts';
import { openDatabase } from '../../../server/src/db/open.ts';
import { app_id } from './shape.ts';

const devices = Number(process.argv[2]);
if (!devices) throw new Error('usage: fill DEVICES');
const config = loadConfig(process.env);
const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir });
await migrate(database);
const { org_id } = await ensureFirstKey(database.db, 'bench-admin-key-0123456789');
await database.query(`insert into apps (app_id, owner_org, name) values ($1, $2, 'Bench')`, [app_id, org_id]);
await database.query(
  `with bundle as (
     insert into bundles (app_id, owner_org, name, storage_provider, external_url)
     select $1, $2, name, 'external', 'https://cdn.test/b.zip' from unnest(array['1.0.5', '1.0.6']) as name returning id, name)
   insert into channels (app_id, owner_org, name, version, public) select $1, $2, 'production', id, true from bundle where name = '1.0.5'`,
  [app_id, org_id],
);
const STEP = 50_000;
for (let from = 0; from < devices; from += STEP) {
  await database.query(
    `insert into devices (app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name,
       running_version, offered_version, is_emulator, default_channel)
     select $1, md5(n::text)::uuid::text, (array['ios', 'android'])[1 + n % 2], '8.45.' || n % 7, '19.' || n % 4, '1.' || n / 7 % 5 || '.0',
       '100', '1.0.' || n / 3 % 6, '1.0.' || n / 3 % 6, '1.0.5', n % 50 = 0, case when n % 20 = 0 then 'beta' end
     from generate_series($2::int, $3::int) n`,
    [app_id, from, Math.min(from + STEP, devices) - 1],
  );
}
await database.query('analyze', []);
await database.query('checkpoint', []);
await database.close();
process.exit(0);
