// A new bundle: hosted elsewhere, or made of bytes that the files door stored before.

import type { CreateBundle, ManifestFile } from '@overair/protocol/manage/bundle';
import { type Insertable, sql } from 'kysely';
import { type AppRow, lockApp, writeApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { takeObjects } from '../blobs/stored-objects.ts';
import type { Db } from '../db/database.ts';
import type { BundlesTable } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';
import { assertMinUpdateVersion, bundleColumns, presentBundle, recordBundle } from './bundles.ts';
import { assertEncrypted } from './encryption-policy.ts';
import {
  cannotFindApp,
  invalidManifest,
  invalidVersion,
  uploadNotFound,
  versionExists,
  versionUsedUp,
} from './errors.ts';
import { chooseVersion, noteVersion } from './next-version.ts';
import { faultOfVersion } from './version-name.ts';

const missing = (name: string) => new AppError(`missing_${name}`, 400, `Missing required fields: ${name}`);

/** What must be there besides the name; throws the contract's error for the first that is not. */
export function assertComplete({ version, bump, external_url, upload, manifest, checksum }: CreateBundle): void {
  if (version === undefined && !bump) throw missing('version');
  if (!external_url && !upload && !manifest?.length) throw missing('external_url');
  // The server knows the checksum of a clear zip it holds; a delta is checked file by file.
  if (external_url && !checksum) throw missing('checksum');
}

/** Throws unless every program that will meet the bundle's versions can compare them. */
export function assertComparable({ version, min_update_version }: CreateBundle): void {
  const fault = version === undefined ? undefined : faultOfVersion(version);
  if (fault !== undefined) throw invalidVersion(fault);
  assertMinUpdateVersion(min_update_version);
}

export async function createBundle(db: Db, actor: Actor, input: CreateBundle) {
  return db.transaction().execute(async (trx) => {
    const app = await lockApp(trx, input.app_id);
    if (!app) throw cannotFindApp(input.app_id);
    await assertEncrypted(trx, app.owner_org, input);
    const { app_id, bump = 'patch', above = [] } = input;
    const name = input.version ?? (await chooseVersion(trx, app_id, bump, above));
    await assertNameFree(trx, app_id, name);
    const objects = await claimObjects(trx, app, input);
    const row = await trx
      .insertInto('bundles')
      .values(bundleValues(app, actor, name, input, objects))
      .onConflict((conflict) => conflict.columns(['app_id', 'name']).doNothing())
      .returning(bundleColumns)
      .executeTakeFirst();
    // A deleted bundle keeps its name: devices may still run it.
    if (!row) throw versionUsedUp(name);
    await insertManifest(trx, row.id, input, objects);
    await recordBundle(trx, actor, undefined, row);
    await noteVersion(trx, app_id, name);
    await noteLastVersion(trx, actor, app, name);
    return presentBundle(row);
  });
}

async function assertNameFree(trx: Db, app_id: string, version: string): Promise<void> {
  const taken = await trx
    .selectFrom('bundles')
    .select('deleted')
    .where('app_id', '=', app_id)
    .where('name', '=', version)
    .executeTakeFirst();
  if (taken && !taken.deleted) throw versionExists(version);
}

type ClaimedObject = Awaited<ReturnType<typeof takeObjects>>[number];

/** The stored objects of the bundle by hash. They are kept from a clean-up that runs at the same time. */
async function claimObjects(trx: Db, app: AppRow, input: CreateBundle): Promise<Map<string, ClaimedObject>> {
  const named = [input.upload, ...(input.manifest ?? []).map(({ sha256 }) => sha256)];
  const wanted = [...new Set(named.filter((sha256) => !!sha256).map((sha256) => sha256!.toLowerCase()))];
  if (wanted.length === 0) return new Map();
  const rows = await takeObjects(trx, app.id, wanted);
  const found = new Map(rows.map((row) => [row.sha256, row]));
  const absent = wanted.filter((sha256) => !found.has(sha256));
  if (absent.length > 0) throw uploadNotFound(absent);
  return found;
}

function bundleValues(
  app: AppRow,
  actor: Actor,
  name: string,
  input: CreateBundle,
  objects: Map<string, ClaimedObject>,
): Insertable<BundlesTable> {
  const zip = input.upload ? objects.get(input.upload.toLowerCase()) : undefined;
  const isClearZip = zip?.kind === 'zip' && !input.session_key;
  let size = 0;
  for (const object of objects.values()) size += object.size;
  return {
    app_id: app.app_id,
    owner_org: app.owner_org,
    user_id: actor.actor_user_id,
    created_by_apikey_id: actor.actor_apikey_id,
    name,
    checksum: checksumOf(input, zip, isClearZip),
    checksum_v2: input.checksum_v2 || null,
    crc32: isClearZip ? zip.crc32 : (input.crc32?.toLowerCase() ?? null),
    session_key: input.session_key || null,
    key_id: input.key_id || null,
    external_url: input.external_url || null,
    object_sha256: zip?.sha256 ?? null,
    size,
    storage_provider: input.external_url ? 'external' : zip ? 'local' : 'none',
    manifest_count: input.manifest?.length ?? 0,
    min_update_version: input.min_update_version || null,
    native_packages: input.native_packages ? JSON.stringify(input.native_packages) : null,
    link: input.link ?? null,
    comment: input.comment ?? null,
    cli_version: input.cli_version ?? null,
  };
}

function checksumOf(input: CreateBundle, zip: ClaimedObject | undefined, isClearZip: boolean): string | null {
  if (input.checksum) {
    if (isClearZip && input.checksum.toLowerCase() !== zip?.sha256) {
      throw new AppError('checksum_mismatch', 400, 'The checksum is not that of the uploaded zip', {
        declared: input.checksum,
        stored: zip?.sha256,
      });
    }
    return input.checksum;
  }
  if (zip && !isClearZip) throw missing('checksum');
  return zip?.sha256 ?? null;
}

/** Rows travel as JSON: thousands of parameters would take the database seconds to take apart. */
const ROWS_AT_ONCE = 5000;

async function insertManifest(
  trx: Db,
  bundle_id: number,
  { app_id, manifest = [] }: CreateBundle,
  objects: Map<string, ClaimedObject>,
): Promise<void> {
  assertManifest(manifest);
  for (let start = 0; start < manifest.length; start += ROWS_AT_ONCE) {
    const rows = manifest.slice(start, start + ROWS_AT_ONCE).map(({ file_name, file_hash, file_hash_v2, sha256 }) => {
      const object = objects.get(sha256.toLowerCase())!;
      return { file_name, file_hash, file_hash_v2, object_sha256: object.sha256, size: object.size };
    });
    await sql`
      insert into manifest_entries (bundle_id, app_id, file_name, file_hash, file_hash_v2, object_sha256, size)
      select ${bundle_id}, ${app_id}, e.* from json_to_recordset(${JSON.stringify(rows)}::json)
        as e(file_name text, file_hash text, file_hash_v2 text, object_sha256 text, size bigint)`.execute(trx);
  }
}

/** As in a zip, and fewer than an index takes. */
const MAX_PATH_BYTES = 1_024;

/** Devices write these paths to their disk: nothing may leave the bundle's folder or come twice. */
function assertManifest(files: readonly ManifestFile[]): void {
  const seen = new Set<string>();
  for (const { file_name } of files) {
    const parts = file_name.split('/');
    const isUnsafe = parts.some((part) => part === '' || part === '.' || part === '..');
    if (isUnsafe || /[\\\0]|^[A-Za-z]:/.test(file_name)) throw invalidManifest('A path leaves the bundle', file_name);
    const target = file_name.replace(/\.br$/, '');
    if (Buffer.byteLength(target) > MAX_PATH_BYTES) {
      throw invalidManifest(`A path is longer than ${MAX_PATH_BYTES} bytes in UTF-8`, file_name);
    }
    if (seen.has(target)) throw invalidManifest('A file comes twice', file_name);
    seen.add(target);
  }
}

async function noteLastVersion(trx: Db, actor: Actor, before: AppRow, last_version: string): Promise<void> {
  const { app_id, owner_org: org_id } = before;
  const after = await writeApp(trx, app_id, { last_version });
  await recordChange(trx, actor, { org_id, table_name: 'apps', record_id: app_id, before, after });
}
