// Ids of the apps that a caller may see.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Caller } from './caller.ts';
import { countedApps, readableApps, readableOrgs } from './permissions.ts';

/** Everything the caller reads; undefined for who belongs to no organization. */
export async function listReadableAppIds(db: Db, caller: Caller): Promise<string[] | undefined> {
  const org = await db.selectFrom('orgs').select('id').where(readableOrgs(caller)).limit(1).executeTakeFirst();
  if (!org) return undefined;
  const apps = await db.selectFrom('apps').select('app_id').where(countedApps(caller)).orderBy('app_id').execute();
  return apps.map(({ app_id }) => app_id);
}

/** One organization's apps, those deleted within the last 35 days included: they are still listed. */
export async function listStatisticsAppIds(db: Db, caller: Caller, org_id: string): Promise<string[]> {
  const { rows } = await sql<{ app_id: string }>`
    select app_id from apps where owner_org = ${org_id} and ${countedApps(caller)}
    union
    select app_id from deleted_apps gone
      where owner_org = ${org_id} and deleted_at > now() - interval '35 days'
      and not exists (select from apps where apps.app_id = gone.app_id)
    order by app_id`.execute(db);
  return rows.map(({ app_id }) => app_id);
}

/** Those of which the caller reads everything, and those of which it reads a channel. */
export async function listVisibleAppIds(db: Db, caller: Caller): Promise<string[]> {
  const apps = await db.selectFrom('apps').select('app_id').where(readableApps(caller)).orderBy('app_id').execute();
  return apps.map(({ app_id }) => app_id);
}
