// Stored sizes of the files of a delta update.

import type { Db } from '../db/database.ts';

/** Bytes to download by `file_hash`, clear or encrypted in either form. Hashes that the bundle lacks are left out. */
export async function findEntrySizes(
  db: Db,
  app_id: string,
  version: string,
  hashes: readonly string[],
): Promise<Map<string, number>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom('manifest_entries as entry')
    .innerJoin('bundles', 'bundles.id', 'entry.bundle_id')
    .select(['entry.file_hash', 'entry.file_hash_v2', 'entry.size'])
    .where('bundles.app_id', '=', app_id)
    .where('entry.app_id', '=', app_id)
    .where('bundles.name', '=', version)
    .where('bundles.deleted', '=', false)
    .where((eb) => eb.or([eb('entry.file_hash', 'in', hashes), eb('entry.file_hash_v2', 'in', hashes)]))
    .execute();
  return new Map(
    rows.flatMap(({ file_hash, file_hash_v2, size }) => [
      [file_hash, size],
      [file_hash_v2 ?? file_hash, size],
    ]),
  );
}
