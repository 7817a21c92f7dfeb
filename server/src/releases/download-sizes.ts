// What devices download to get to a bundle: the zip, or the files that the bundle they run lacks.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

interface DownloadSizes {
  /** Null: the bundle has no zip here. */
  readonly zip: number | null;
  /** All single files; 0 without a list of files. */
  readonly files: number;
  /** By the name of the bundle that runs: the files that it lacks. Bundles without a list of files are absent. */
  readonly missing: ReadonlyMap<string, number>;
}

/** Bytes as stored, that is compressed. A file that is stored under two names travels twice. */
export async function findDownloadSizes(
  db: Db,
  { app_id, bundle_id, running }: { app_id: string; bundle_id: number; running: readonly string[] },
): Promise<DownloadSizes> {
  const { rows } = await sql<{ zip: number | null; files: number; missing: [string, number][] }>`
    with entries as (
      select file_hash, object_sha256, size from manifest_entries where app_id = ${app_id} and bundle_id = ${bundle_id}
    ),
    lacked as (
      select b.name, (
        select coalesce(sum(e.size), 0) from entries e where not exists (
          select from manifest_entries held
          where held.app_id = ${app_id} and held.bundle_id = b.id and held.file_hash = e.file_hash))::float8 as bytes
      from bundles b
      where b.app_id = ${app_id} and b.name = any(${[...running]}::text[])
        and exists (select from manifest_entries held where held.app_id = ${app_id} and held.bundle_id = b.id)
    )
    select
      (select case when b.object_sha256 is not null then
        -- Zip and files are stored, and counted, once each.
        b.size - coalesce((select sum(size) from (select distinct object_sha256, size from entries) each), 0) end
        from bundles b where b.app_id = ${app_id} and b.id = ${bundle_id})::float8 as zip,
      (select coalesce(sum(size), 0) from entries)::float8 as files,
      (select coalesce(json_agg(json_build_array(name, bytes)), '[]') from lacked) as missing`.execute(db);
  const { zip, files, missing } = rows[0]!;
  return { zip, files, missing: new Map(missing) };
}
