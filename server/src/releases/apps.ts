// Apps: making, reading, changing and completely deleting them.

import type { CreateApp, UpdateApp } from '@overair/protocol/manage/app';
import { appSettings } from '@overair/protocol/manage/app-settings';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { sql, type Updateable } from 'kysely';
import {
  type AppRow,
  appOfRow,
  insertApp,
  lockApp,
  lockAppsOf,
  lockWholeApp,
  removeApp,
  selectApps,
  writeApp,
} from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor, Caller } from '../accounts/caller.ts';
import { noteFilesRemoved } from '../accounts/deleted-apps.ts';
import { type Grant, readableApps } from '../accounts/permissions.ts';
import { normaliseImage, shownImage, stripTags } from '../accounts/plain-text.ts';
import type { BlobDriver } from '../blobs/driver.ts';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import { plainChange } from '../db/settings.ts';
import type { AppsTable } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';
import { assertNoneProtected } from './channel-protection.ts';
import { appIdTaken, appNotFound, cannotUpdateApp } from './errors.ts';
import { assertFresh } from './stale-write.ts';

const channelDevices = sql<number>`(select count(*)::int from channel_devices d where d.app_id = ${appOfRow})`;
const manifestBundles = sql<number>`(
  select count(*)::int from bundles b where b.app_id = ${appOfRow} and b.manifest_count > 0 and not b.deleted)`;

const selectCounted = (db: Db) =>
  selectApps(db).select([channelDevices.as('channel_device_count'), manifestBundles.as('manifest_bundle_count')]);

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

const MAX_PAGE_SIZE = 1000;

/** Newest first. Only what the caller may read. */
export async function listApps(db: Db, caller: Caller, { org_id, page, limit }: AppFilter) {
  const size = Math.min(limit, MAX_PAGE_SIZE);
  let query = selectCounted(db).where(readableApps(caller));
  if (org_id !== undefined) query = query.where('owner_org', '=', org_id);
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('app_id')
    .limit(size)
    .offset(pageOffset(page, size))
    .execute();
  return rows.map(present);
}

export async function getApp(db: Db, app_id: string) {
  const row = await selectCounted(db).where('app_id', '=', app_id).executeTakeFirst();
  if (!row) throw appNotFound(app_id);
  return present(row);
}

export async function createApp(db: Db, actor: Actor, input: CreateApp) {
  const name = stripTags(input.name);
  if (!name) throw new AppError('missing_name', 400, 'Missing name');
  return db.transaction().execute(async (trx) => {
    const row = await insertApp(trx, {
      ...plainChange(appSettings, input),
      icon_url: normaliseImage(input.icon ?? ''),
      app_id: input.app_id,
      owner_org: input.owner_org,
      name,
    });
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
    const after = await writeApp(trx, app_id, change);
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
 * Deletes the app and all it owns, events and bytes included. Rows go in one transaction; the bytes after it, and
 * should the server die in between, the tombstone makes the nightly clean-up finish the work.
 */
export async function deleteApp(db: Db, blobs: BlobDriver, actor: Actor, grant: Grant, app_id: string): Promise<void> {
  const tombstone = await db.transaction().execute(async (trx) => {
    const before = await lockWholeApp(trx, app_id);
    if (!before) throw appNotFound(app_id);
    await assertNoneProtected(trx, grant, app_id);
    await removeApp(trx, before);
    await recordChange(trx, actor, { org_id: before.owner_org, table_name: 'apps', record_id: app_id, before });
    return before.id;
  });
  await removeAppFiles(db, blobs, tombstone);
}

/** All apps of an organization, in its transaction. Returns their uuids, whose files are to be removed after it. */
export async function deleteAppsOf(trx: Db, org_id: string): Promise<string[]> {
  const apps = await lockAppsOf(trx, org_id);
  for (const app of apps) await removeApp(trx, app);
  return apps.map(({ id }) => id);
}

const REMOVED_AT_ONCE = 500;

/** Removes every stored byte of a deleted app. Can be repeated. */
export async function removeAppFiles(db: Db, blobs: BlobDriver, app_uuid: string): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of blobs.list(`${app_uuid}/`)) {
    keys.push(key);
    if (keys.length < REMOVED_AT_ONCE) continue;
    await blobs.remove(keys);
    keys = [];
  }
  await blobs.remove(keys);
  await noteFilesRemoved(db, app_uuid);
}
