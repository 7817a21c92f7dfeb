// Bundles: reading, annotating and deleting them.

import type { NativePackage, UpdateBundleMetadata } from '@overair/protocol/manage/bundle';
import { type Selectable, sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { BundlesTable } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';
import {
  bundleInUse,
  cannotDeleteVersion,
  cannotFindApp,
  cannotFindVersion,
  invalidMinUpdateVersion,
} from './errors.ts';
import { faultOfVersion } from './version-name.ts';

export const bundleColumns = [
  'id',
  'app_id',
  'owner_org',
  'user_id',
  'created_by_apikey_id',
  'name',
  'checksum',
  'checksum_v2',
  'crc32',
  'session_key',
  'key_id',
  'external_url',
  'object_sha256',
  'size',
  'storage_provider',
  'manifest_count',
  'min_update_version',
  'native_packages',
  'link',
  'comment',
  'cli_version',
  'deleted',
  'deleted_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof BundlesTable)[];

export type BundleRow = Selectable<BundlesTable>;

export const PAGE_SIZE = 50;

/** The row as the API shows it: clients know two kinds of storage, this server's ("r2") and somebody else's. */
export function presentBundle(row: BundleRow) {
  return {
    ...row,
    storage_provider: row.storage_provider === 'external' ? 'external' : 'r2',
    native_packages: row.native_packages as NativePackage[] | null,
    minUpdateVersion: row.min_update_version,
    r2_path: row.object_sha256,
    manifest: null,
    created_by_apikey_rbac_id: null,
  };
}

/** Not deleted ones, newest first. `before` (a bundle id) continues a list steadily while bundles are added. */
interface BundleFilter {
  page: number;
  /** Only the bundle of this name. */
  version?: string;
  /** Only bundles older than this one, by id. */
  before?: number;
}

export async function listBundles(db: Db, app_id: string, { page, version, before }: BundleFilter) {
  let query = db.selectFrom('bundles').select(bundleColumns).where('app_id', '=', app_id).where('deleted', '=', false);
  if (version !== undefined) query = query.where('name', '=', version);
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(created_at, id) < (select b.created_at, b.id from bundles b where b.app_id = ${app_id} and b.id = ${before})`,
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  return rows.map(presentBundle);
}

/** Of this app and not deleted. */
export async function findBundle(db: Db, app_id: string, id: number): Promise<BundleRow | undefined> {
  if (id > 0x7fffffff || id < 1) return undefined;
  return db
    .selectFrom('bundles')
    .select(bundleColumns)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where('deleted', '=', false)
    .executeTakeFirst();
}

export async function findBundleByName(db: Db, app_id: string, name: string): Promise<BundleRow | undefined> {
  return db
    .selectFrom('bundles')
    .select(bundleColumns)
    .where('app_id', '=', app_id)
    .where('name', '=', name)
    .where('deleted', '=', false)
    .executeTakeFirst();
}

/** Empty, null and absent: none. */
export function assertMinUpdateVersion(text: string | null | undefined): void {
  const fault = text ? faultOfVersion(text) : undefined;
  if (fault !== undefined) throw invalidMinUpdateVersion(fault);
}

/** Notes for people, and the least native version: all that may change on a finished bundle. */
export async function updateBundleMetadata(db: Db, actor: Actor, input: UpdateBundleMetadata): Promise<void> {
  const { app_id, version_id, link, comment, min_update_version } = input;
  assertMinUpdateVersion(min_update_version);
  await inTransaction(db, async (trx) => {
    await lockApp(trx, app_id);
    const before = await findBundle(trx, app_id, version_id);
    if (!before) throw cannotFindVersion({ version_id });
    if (link === undefined && comment === undefined && min_update_version === undefined) {
      throw new AppError('no_fields_to_update', 400, 'No fields to update');
    }
    const after = await trx
      .updateTable('bundles')
      .set({
        ...(link !== undefined && { link }),
        ...(comment !== undefined && { comment }),
        ...(min_update_version !== undefined && { min_update_version: min_update_version || null }),
        updated_at: sql<Date>`clock_timestamp()`,
      })
      .where('app_id', '=', app_id)
      .where('id', '=', version_id)
      .returning(bundleColumns)
      .executeTakeFirstOrThrow();
    await recordBundle(trx, actor, before, after);
  });
}

/** Soft: the name stays taken, devices that are downloading can finish, the bytes go later. */
export async function deleteBundle(db: Db, actor: Actor, app_id: string, name: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotFindApp(app_id);
    const bundle = await findBundleByName(trx, app_id, name);
    if (!bundle) throw cannotDeleteVersion({ version: name });
    const channels = await channelsUsing(trx, app_id, bundle.id);
    if (channels.length > 0) throw bundleInUse('Cannot delete a bundle linked to a channel', name, channels);
    await softDelete(trx, actor, bundle);
  });
}

export async function channelsUsing(trx: Db, app_id: string, bundle_id: number): Promise<string[]> {
  const rows = await trx
    .selectFrom('channels')
    .select('name')
    .where('app_id', '=', app_id)
    .where((eb) => eb.or([eb('version', '=', bundle_id), eb('rollout_version', '=', bundle_id)]))
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

export async function softDelete(trx: Db, actor: Actor, before: BundleRow): Promise<void> {
  const after = await trx
    .updateTable('bundles')
    .set({ deleted: true, deleted_at: sql<Date>`now()`, updated_at: sql<Date>`clock_timestamp()` })
    .where('app_id', '=', before.app_id)
    .where('id', '=', before.id)
    .returning(bundleColumns)
    .executeTakeFirstOrThrow();
  await recordBundle(trx, actor, before, after);
}

export const recordBundle = (trx: Db, actor: Actor, before: BundleRow | undefined, after: BundleRow) =>
  recordChange(trx, actor, { org_id: after.owner_org, table_name: 'app_versions', record_id: after.id, before, after });
