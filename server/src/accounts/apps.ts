// The register of apps: which there are, and which organization owns each. Every other table hangs on it; what an app releases is
// the releases room's business. Why it is here: docs/decisions/0013-table-owners.md.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { type Insertable, type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import type { Db } from '../db/database.ts';
import { settingColumns } from '../db/settings.ts';
import type { AppsTable } from '../db/tables/releases.ts';

const appColumns = [
  'app_id',
  'id',
  'owner_org',
  'user_id',
  'name',
  'icon_url',
  'last_version',
  'retention',
  'transfer_history',
  ...settingColumns(appSettings),
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AppsTable)[];

export type AppRow = Selectable<AppsTable>;

/** Apps as whole rows, to be narrowed by the caller; `readableApps` and `countedApps` fit. */
export const selectApps = (db: Db) => db.selectFrom('apps').select(appColumns);

/** The app id of a row of `selectApps`, for subqueries on it. */
export const appOfRow = sql<string>`apps.app_id`;

/** The name of an app, within a query that has its id. */
export const appName = (app_id: RawBuilder<string>) =>
  sql<string>`(select a.name from apps a where a.app_id = ${app_id})`;

/** The app id that belongs to the id of a row, within a query that has that. */
export const appIdOf = (app_uuid: RawBuilder<string>) =>
  sql<string>`(select a.app_id from apps a where a.id = ${app_uuid})`;

/** Where a batch is written: `app_id in ${knownApps}` drops what was reported of apps that are gone. */
export const KNOWN_APPS = '(select app_id from apps)';

/** Apps by id, or every one there is. */
export type AppIds = readonly string[] | 'all';

export const isAmongApps = (app_id: RawBuilder<string>, apps: AppIds): RawBuilder<boolean> =>
  apps === 'all' ? sql`true` : sql`${app_id} = any(${[...apps]}::text[])`;

/** The organization of each of these apps that is still there. */
export async function findOwners(db: Db, app_ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (app_ids.length === 0) return new Map();
  const rows = await db.selectFrom('apps').select(['app_id', 'owner_org']).where('app_id', 'in', app_ids).execute();
  return new Map(rows.map(({ app_id, owner_org }) => [app_id, owner_org]));
}

export async function findApp(db: Db, app_id: string): Promise<AppRow | undefined> {
  return selectApps(db).where('app_id', '=', app_id).executeTakeFirst();
}

/** By the id of its row. */
export async function findAppByUuid(db: Db, id: string): Promise<AppRow | undefined> {
  return selectApps(db).where('id', '=', id).executeTakeFirst();
}

export async function listAppIds(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('apps').select('app_id').orderBy('app_id').execute();
  return rows.map(({ app_id }) => app_id);
}

/**
 * Takes the app's row lock. Everything that changes what an app releases takes it first, so such changes
 * happen one after the other and never wait for each other in a circle.
 */
export async function lockApp(trx: Db, app_id: string): Promise<AppRow | undefined> {
  return selectApps(trx).where('app_id', '=', app_id).forNoKeyUpdate().executeTakeFirst();
}

/** The lock that also waits for everybody who adds rows to the app. */
export async function lockWholeApp(trx: Db, app_id: string): Promise<AppRow | undefined> {
  return selectApps(trx).where('app_id', '=', app_id).forUpdate().executeTakeFirst();
}

export async function lockAppsOf(trx: Db, org_id: string): Promise<AppRow[]> {
  return selectApps(trx).where('owner_org', '=', org_id).forUpdate().execute();
}

/** Undefined when the id is taken. The app belongs to the creator of its organization, whoever's key made it. */
export async function insertApp(trx: Db, values: Omit<Insertable<AppsTable>, 'user_id'>): Promise<AppRow | undefined> {
  return trx
    .insertInto('apps')
    .values((eb) => ({
      ...values,
      user_id: eb.selectFrom('orgs').select('created_by').where('id', '=', values.owner_org),
    }))
    .onConflict((conflict) => conflict.column('app_id').doNothing())
    .returning(appColumns)
    .executeTakeFirst();
}

/** Call with the app locked. */
export async function writeApp(trx: Db, app_id: string, change: Updateable<AppsTable>): Promise<AppRow> {
  return trx
    .updateTable('apps')
    .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
    .where('app_id', '=', app_id)
    .returning(appColumns)
    .executeTakeFirstOrThrow();
}

/** Deletes the row with all that hangs on it by foreign keys or by `sweep_deleted_apps` (0013-outcomes.sql), and leaves a tombstone. */
export async function removeApp(
  trx: Db,
  app: Pick<AppRow, 'app_id' | 'id' | 'owner_org' | 'created_at'>,
): Promise<void> {
  const { app_id, id: app_uuid, owner_org, created_at } = app;
  await trx.deleteFrom('apps').where('app_id', '=', app_id).execute();
  await trx.insertInto('deleted_apps').values({ app_uuid, app_id, owner_org, created_at }).execute();
}
