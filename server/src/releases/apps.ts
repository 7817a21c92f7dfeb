// Apps: making, reading, changing and completely deleting them.

import type { CreateApp, UpdateApp } from '@overair/protocol/manage/app';
import { appSettings } from '@overair/protocol/manage/app-settings';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { type Selectable, sql, type Updateable } from 'kysely';
import { recordChange } from '../accounts/audit.ts';
import type { Actor, Caller } from '../accounts/caller.ts';
import { type Grant, readableApps } from '../accounts/permissions.ts';
import { normaliseImage, shownImage, stripTags } from '../accounts/plain-text.ts';
import type { BlobDriver } from '../blobs/driver.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import { plainChange, settingColumns } from '../db/settings.ts';
import type { AppsTable } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';
import { assertNoneProtected } from './channel-protection.ts';
import { appIdTaken, appNotFound, cannotUpdateApp } from './errors.ts';
import { assertFresh } from './stale-write.ts';

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

const channelDevices = sql<number>`(select count(*)::int from channel_devices d where d.app_id = apps.app_id)`;
const manifestBundles = sql<number>`(
  select count(*)::int from bundles b where b.app_id = apps.app_id and b.manifest_count > 0 and not b.deleted)`;

const selectApps = (db: Db) =>
  db
    .selectFrom('apps')
    .select(appColumns)
    .select([channelDevices.as('channel_device_count'), manifestBundles.as('manifest_bundle_count')]);

type CountedRow = AppRow & { channel_device_count: number; manifest_bundle_count: number };

/** The row as the API shows it. */
function present(row: CountedRow) {
  const transfer_history = row.transfer_history.length === 0 ? null : row.transfer_history;
  return { ...row, icon_url: shownImage(row.icon_url), transfer_history };
}

interface AppFilter {
  org_id?: string;
  page: number;
  limit: number;
}

const maxPageSize = 1000;

/** Newest first. Only what the caller may read. */
export async function listApps(db: Db, caller: Caller, { org_id, page, limit }: AppFilter) {
  const size = Math.min(limit, maxPageSize);
  let query = selectApps(db).where(readableApps(caller));
  if (org_id !== undefined) query = query.where('apps.owner_org', '=', org_id);
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('app_id')
    .limit(size)
    .offset(pageOffset(page, size))
    .execute();
  return rows.map(present);
}

export async function getApp(db: Db, app_id: string) {
  const row = await selectApps(db).where('app_id', '=', app_id).executeTakeFirst();
  if (!row) throw appNotFound(app_id);
  return present(row);
}

export async function createApp(db: Db, actor: Actor, input: CreateApp) {
  const name = stripTags(input.name);
  if (!name) throw new AppError('missing_name', 400, 'Missing name');
  return db.transaction().execute(async (trx) => {
    // The app belongs to the creator of its organization, whoever's key made it.
    const { created_by } = await trx
      .selectFrom('orgs')
      .select('created_by')
      .where('id', '=', input.owner_org)
      .executeTakeFirstOrThrow();
    const row = await trx
      .insertInto('apps')
      .values({
        ...plainChange(appSettings, input),
        icon_url: normaliseImage(input.icon ?? ''),
        app_id: input.app_id,
        owner_org: input.owner_org,
        user_id: created_by,
        name,
      })
      .onConflict((conflict) => conflict.column('app_id').doNothing())
      .returning(appColumns)
      .executeTakeFirst();
    if (!row) throw appIdTaken(input.app_id);
    await recordChange(trx, actor, { org_id: row.owner_org, table_name: 'apps', record_id: row.app_id, after: row });
    return present({ ...row, channel_device_count: 0, manifest_bundle_count: 0 });
  });
}

/** Changes only the given fields; refuses an input without any field it knows. */
export async function updateApp(db: Db, actor: Actor, app_id: string, input: UpdateApp) {
  const change = changeOf(input);
  if (Object.keys(change).length === 0 || change.name === '') throw cannotUpdateApp();
  await db.transaction().execute(async (trx) => {
    const before = await lockApp(trx, app_id);
    if (!before) throw appNotFound(app_id);
    assertFresh(before, input.expected_updated_at);
    const after = await trx
      .updateTable('apps')
      .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
      .where('app_id', '=', app_id)
      .returning(appColumns)
      .executeTakeFirstOrThrow();
    const { owner_org: org_id } = after;
    await recordChange(trx, actor, { org_id, table_name: 'apps', record_id: app_id, before, after });
  });
  return getApp(db, app_id);
}

function changeOf(input: UpdateApp): Updateable<AppsTable> {
  const { name, icon, retention } = input;
  return withoutUndefined<Updateable<AppsTable>>({
    ...plainChange(appSettings, input),
    name: name === undefined ? undefined : stripTags(name),
    icon_url: icon === undefined ? undefined : normaliseImage(icon),
    retention,
  });
}

/**
 * Takes the app's row lock. Everything that changes what an app releases takes it first, so such changes
 * happen one after the other and never wait for each other in a circle.
 */
export async function lockApp(trx: Db, app_id: string): Promise<AppRow | undefined> {
  return trx.selectFrom('apps').select(appColumns).where('app_id', '=', app_id).forNoKeyUpdate().executeTakeFirst();
}

/**
 * Deletes the app and all it owns, events and bytes included. Rows go in one transaction; the bytes after it, and
 * should the server die in between, the tombstone makes the nightly clean-up finish the work.
 */
export async function deleteApp(db: Db, blobs: BlobDriver, actor: Actor, grant: Grant, app_id: string): Promise<void> {
  const tombstone = await db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('apps')
      .select(appColumns)
      .where('app_id', '=', app_id)
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw appNotFound(app_id);
    await assertNoneProtected(trx, grant, app_id);
    await deleteAppRows(trx, before);
    await recordChange(trx, actor, { org_id: before.owner_org, table_name: 'apps', record_id: app_id, before });
    return before.id;
  });
  await removeAppFiles(db, blobs, tombstone);
}

/** Everything else hangs on the app's row by foreign keys; events are partitioned and have none. */
export async function deleteAppRows(trx: Db, app: Pick<AppRow, 'app_id' | 'id' | 'owner_org' | 'created_at'>) {
  const { app_id, id: app_uuid, owner_org, created_at } = app;
  // What devices reported goes along: see sweep_deleted_apps in 0013-outcomes.sql.
  await trx.deleteFrom('apps').where('app_id', '=', app_id).execute();
  await trx.insertInto('deleted_apps').values({ app_uuid, app_id, owner_org, created_at }).execute();
}

/** All apps of an organization, in its transaction. Returns their uuids, whose files are to be removed after it. */
export async function deleteAppsOf(trx: Db, org_id: string): Promise<string[]> {
  const apps = await trx.selectFrom('apps').select(appColumns).where('owner_org', '=', org_id).forUpdate().execute();
  for (const app of apps) await deleteAppRows(trx, app);
  return apps.map(({ id }) => id);
}

const removedAtOnce = 500;

/** Removes every stored byte of a deleted app. Can be repeated. */
export async function removeAppFiles(db: Db, blobs: BlobDriver, app_uuid: string): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of blobs.list(`${app_uuid}/`)) {
    keys.push(key);
    if (keys.length < removedAtOnce) continue;
    await blobs.remove(keys);
    keys = [];
  }
  await blobs.remove(keys);
  await db
    .updateTable('deleted_apps')
    .set({ files_removed_at: sql<Date>`now()` })
    .where('app_uuid', '=', app_uuid)
    .execute();
}
