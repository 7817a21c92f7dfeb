// What two bundles hold, side by side: their files and their native packages.

import type { NativePackage } from '@overair/protocol/manage/bundle';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { BundleRow } from './bundles.ts';

/** Of each list so many are told, the largest first. */
const MOST_FILES = 1_000;

type Contents = Pick<BundleRow, 'id' | 'app_id' | 'name' | 'manifest_count'>;

/** A text instead says why the files cannot be compared. */
export async function compareFiles(db: Db, a: Contents, b: Contents) {
  const without = [a, b].filter(({ manifest_count }) => manifest_count === 0).map(({ name }) => name);
  if (without.length > 0) {
    const have = without.length === 1 ? 'has' : 'have';
    return `${without.join(' and ')} ${have} no list of files: uploaded as a zip alone, or on storage of the owner`;
  }
  const { rows } = await sql<{ file_name: string; size_a: number | null; size_b: number | null; is_same: boolean }>`
    select coalesce(a.file_name, b.file_name) as file_name, a.size::float8 as size_a, b.size::float8 as size_b,
      coalesce(a.file_hash = b.file_hash, false) as is_same
    from (select * from manifest_entries where app_id = ${a.app_id} and bundle_id = ${a.id}) a
    full join (select * from manifest_entries where app_id = ${b.app_id} and bundle_id = ${b.id}) b using (file_name)
    order by greatest(a.size, b.size) desc, 1`.execute(db);
  const added = rows.flatMap(({ file_name, size_a, size_b }) =>
    size_a === null && size_b !== null ? [{ file_name, size: size_b }] : [],
  );
  const removed = rows.flatMap(({ file_name, size_a, size_b }) =>
    size_b === null && size_a !== null ? [{ file_name, size: size_a }] : [],
  );
  const changed = rows.flatMap(({ file_name, size_a, size_b, is_same }) =>
    size_a === null || size_b === null || is_same ? [] : [{ file_name, size_a, size_b }],
  );
  const unchanged = rows.length - added.length - removed.length - changed.length;
  return {
    added: added.slice(0, MOST_FILES),
    removed: removed.slice(0, MOST_FILES),
    changed: changed.slice(0, MOST_FILES),
    counts: { added: added.length, removed: removed.length, changed: changed.length, unchanged },
  };
}

/** Null: one of both was uploaded without its packages. */
export function comparePackages(a: Pick<BundleRow, 'native_packages'>, b: Pick<BundleRow, 'native_packages'>) {
  if (a.native_packages === null || b.native_packages === null) return null;
  const [ours, theirs] = [byName(a.native_packages), byName(b.native_packages)];
  const only = (some: ReadonlyMap<string, NativePackage>, others: ReadonlyMap<string, NativePackage>) =>
    [...some.values()].filter(({ name }) => !others.has(name)).map(({ name, version }) => ({ name, version }));
  const changed = [...ours.values()].flatMap((before) => {
    const after = theirs.get(before.name);
    if (after === undefined || isSame(before, after)) return [];
    return [{ name: before.name, version_a: before.version, version_b: after.version }];
  });
  return { added: only(theirs, ours), removed: only(ours, theirs), changed };
}

const byName = (packages: readonly unknown[]) =>
  new Map((packages as readonly NativePackage[]).map((each) => [each.name, each]).sort() as [string, NativePackage][]);

/** Tools that make no fingerprints say nothing about native code. */
function isSame(a: NativePackage, b: NativePackage): boolean {
  const fingerprints = ['ios_checksum', 'android_checksum'] as const;
  const [ours, theirs] = [a, b] as Record<string, unknown>[];
  return (
    a.version === b.version &&
    fingerprints.every((name) => !ours![name] || !theirs![name] || ours![name] === theirs![name])
  );
}
