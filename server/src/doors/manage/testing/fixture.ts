// The world of the conformance table: two organizations, three users, their keys, one app with bundles, channels and a device.

import { sql } from 'kysely';
import { hashKey } from '../../../accounts/keys.ts';
import type { Db } from '../../../db/database.ts';
import type { KeyMode } from '../../../db/tables/accounts.ts';

/** Values that rows name in braces: `{ORG_A}`, `{V1}`. */
export type Names = Record<string, string | number>;

export const APP = 'com.demo.app';
const D1 = '11111111-1111-4111-8111-111111111111';

const keys: { name: string; user: string; mode: KeyMode; apps?: string[]; expired?: true; plain?: true }[] = [
  { name: 'ALL', user: 'U1', mode: 'all' },
  { name: 'WRITE', user: 'U1', mode: 'write' },
  { name: 'UPLOAD', user: 'U1', mode: 'upload' },
  { name: 'READ', user: 'U1', mode: 'read' },
  { name: 'LIM', user: 'U1', mode: 'all', apps: ['com.lim.app'] },
  { name: 'HASH', user: 'U1', mode: 'all' },
  { name: 'PLAIN', user: 'U1', mode: 'all', plain: true },
  { name: 'EXP', user: 'U1', mode: 'all', expired: true },
  { name: 'KEY_B', user: 'U2', mode: 'all' },
  { name: 'KEY3', user: 'U3', mode: 'all' },
];

/** The value of a key, by its name. */
export const keyValue = (name: string): string => `key-of-the-fixture-${name}`;

/** Empties the database and builds the world anew. */
export async function buildFixture(db: Db): Promise<Names> {
  await sql`delete from orgs`.execute(db);
  await sql`delete from users`.execute(db);
  // The log refuses to be changed row by row.
  await sql`truncate audit_logs`.execute(db);
  await db.deleteFrom('audit_heads').execute();
  await db.deleteFrom('deleted_apps').execute();
  const names: Names = { APP, D1 };
  for (const user of ['U1', 'U2', 'U3']) names[user] = await addUser(db, user);
  names['ORG_A'] = await addOrg(db, 'Org A', String(names['U1']));
  names['ORG_B'] = await addOrg(db, 'Org B', String(names['U2']));
  await db
    .insertInto('org_users')
    .values({ org_id: String(names['ORG_A']), user_id: String(names['U3']), user_right: 'read' })
    .execute();
  await addApp(db, APP, 'Demo App', String(names['ORG_A']), String(names['U1']));
  await addApp(db, 'com.other.app', 'Other App', String(names['ORG_B']), String(names['U2']));
  const { id } = await db.selectFrom('apps').select('id').where('app_id', '=', APP).executeTakeFirstOrThrow();
  names['UUID'] = id;
  names['V1'] = await addBundle(db, APP, '1.0.0', '2024-01-01T00:00:00Z');
  names['V2'] = await addBundle(db, APP, '1.1.0', '2024-01-02T00:00:00Z');
  names['C1'] = await addChannel(db, 'production', true, Number(names['V1']), '2024-01-01T00:00:00Z');
  names['C2'] = await addChannel(db, 'beta', false, null, '2024-01-02T00:00:00Z');
  names['R1'] = await addRelease(db, Number(names['C1']), Number(names['V1']));
  await addDevice(db, D1, '2024-01-03T00:00:00Z');
  await addKeys(db, names);
  return names;
}

async function addUser(db: Db, name: string): Promise<string> {
  const row = { email: `${name.toLowerCase()}@example.test` };
  return (await db.insertInto('users').values(row).returning('id').executeTakeFirstOrThrow()).id;
}

async function addOrg(db: Db, name: string, created_by: string): Promise<string> {
  const row = { name, created_by, management_email: 'owner@example.test' };
  const { id } = await db.insertInto('orgs').values(row).returning('id').executeTakeFirstOrThrow();
  await db.insertInto('org_users').values({ org_id: id, user_id: created_by, user_right: 'super_admin' }).execute();
  return id;
}

export async function addApp(db: Db, app_id: string, name: string, owner_org: string, user_id: string): Promise<void> {
  await db.insertInto('apps').values({ app_id, name, owner_org, user_id }).execute();
}

export async function addBundle(db: Db, app_id: string, name: string, created_at: string | Date): Promise<number> {
  const { owner_org } = await db
    .selectFrom('apps')
    .select('owner_org')
    .where('app_id', '=', app_id)
    .executeTakeFirstOrThrow();
  const row = {
    app_id,
    owner_org,
    name,
    created_at,
    storage_provider: 'external',
    external_url: 'https://x.test/b.zip',
  };
  return (
    await db
      .insertInto('bundles')
      .values({ ...row, storage_provider: 'external', checksum: 'a'.repeat(64) })
      .returning('id')
      .executeTakeFirstOrThrow()
  ).id;
}

async function addChannel(db: Db, name: string, isPublic: boolean, version: number | null, created_at: string) {
  const { owner_org } = await db
    .selectFrom('apps')
    .select('owner_org')
    .where('app_id', '=', APP)
    .executeTakeFirstOrThrow();
  const row = { app_id: APP, owner_org, name, public: isPublic, version, created_at };
  return (await db.insertInto('channels').values(row).returning('id').executeTakeFirstOrThrow()).id;
}

/** What the channel serves, as the record has it. */
async function addRelease(db: Db, channel_id: number, bundle_id: number): Promise<number> {
  const row = { app_id: APP, channel_id, channel_name: 'production', bundle_id, bundle_name: '1.0.0' };
  return (
    await db
      .insertInto('releases')
      .values({
        ...row,
        kind: 'plain',
        previous_bundle_name: 'builtin',
        promoted_at: new Date(),
        actor_type: 'system',
      })
      .returning('id')
      .executeTakeFirstOrThrow()
  ).id;
}

export async function addDevice(db: Db, device_id: string, updated_at: string): Promise<void> {
  await db
    .insertInto('devices')
    .values({
      app_id: APP,
      device_id,
      platform: 'android',
      plugin_version: '7.4.0',
      os_version: '14',
      version_build: '1.0.0',
      version_name: '1.0.0',
      custom_id: 'qa',
      is_prod: true,
      is_emulator: false,
      updated_at,
    })
    .execute();
}

async function addKeys(db: Db, names: Names): Promise<void> {
  const rows = keys.map((key) => ({
    user_id: String(names[key.user]),
    key_hash: hashKey(keyValue(key.name)),
    name: key.name,
    mode: key.mode,
    limited_to_apps: key.apps ?? [],
    is_hashed_key: !key.plain,
    expires_at: key.expired ? new Date('2020-01-01T00:00:00Z') : null,
  }));
  const added = await db.insertInto('apikeys').values(rows).returning(['id', 'name']).execute();
  for (const { id, name } of added) names[`ID_${name}`] = id;
}
