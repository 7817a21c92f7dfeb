// The version of a bundle where the server chooses it: above every name that the app ever had, and above the apps in the stores.

import { parse, type SemVer } from 'semver';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';

type Bump = 'major' | 'minor' | 'patch';

/**
 * Call with the app locked: until the transaction ends nobody else gets the same one. `above` are versions besides those
 * of bundles. From nothing at all it is `1.0.0`.
 */
export async function chooseVersion(trx: Db, app_id: string, bump: Bump, above: readonly string[]): Promise<string> {
  const highest = newest([await findHighest(trx, app_id), ...(await listNames(trx, app_id)), ...above]);
  return highest === undefined ? '1.0.0' : next(highest, bump);
}

/** Remembers a version beyond the life of its row. */
export async function noteVersion(trx: Db, app_id: string, version: string): Promise<void> {
  const before = await findHighest(trx, app_id);
  // The first time since this is remembered: older rows count too.
  const highest = newest(before === undefined ? await listNames(trx, app_id) : [before, version]);
  if (highest === undefined || highest.version === before) return;
  const row = { app_id, version: highest.version };
  await trx
    .insertInto('highest_versions')
    .values(row)
    .onConflict((conflict) => conflict.column('app_id').doUpdateSet({ version: row.version }))
    .execute();
}

/** Deleted ones too. */
async function listNames(trx: Db, app_id: string): Promise<string[]> {
  const rows = await trx.selectFrom('bundles').select('name').where('app_id', '=', app_id).execute();
  return rows.map(({ name }) => name);
}

async function findHighest(trx: Db, app_id: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('highest_versions')
    .select('version')
    .where('app_id', '=', app_id)
    .executeTakeFirst();
  return row?.version;
}

function newest(names: readonly (string | undefined)[]): SemVer | undefined {
  let found: SemVer | undefined;
  for (const name of names) {
    const version = name === undefined ? null : parse(name);
    if (version && (found === undefined || version.compare(found) > 0)) found = version;
  }
  return found;
}

/** What was a pre-release of its patch becomes that patch. */
function next({ major, minor, patch, prerelease }: SemVer, bump: Bump): string {
  const numbers =
    bump === 'major'
      ? [major + 1, 0, 0]
      : bump === 'minor'
        ? [major, minor + 1, 0]
        : [major, minor, prerelease.length > 0 ? patch : patch + 1];
  if (numbers.every(Number.isSafeInteger)) return numbers.join('.');
  throw new AppError('no_version_left', 400, `There is no ${bump} version after ${[major, minor, patch].join('.')}`);
}
