// What the guard of a release knows, as it is stored.

import type { Evidence } from '@overair/protocol/rollouts/evidence';
import { devicesOf } from '@overair/protocol/rollouts/evidence';
import { toleranceOf } from '@overair/protocol/rollouts/tolerance';
import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ReleaseGuardsTable } from '../db/tables/rollouts.ts';
import { listKept, noteProvenBad, type ReleaseRow } from '../releases/release-record.ts';
import { countKnownDevices } from './reported-trials.ts';

export type GuardRow = Selectable<ReleaseGuardsTable>;

/** The tolerance goes by so many releases. */
const KEPT_RELEASES = 5;
/** More need not be counted: see `mayCount`. */
const MOST_KNOWN_DEVICES = 1000;

export const evidenceOf = (row: GuardRow): Evidence => ({
  opening: { passed: row.opening_passed, failed: row.opening_failed },
  starting: { passed: row.starting_passed, failed: row.starting_failed },
});

export const columnsOf = ({ opening, starting }: Evidence) => ({
  opening_passed: opening.passed,
  opening_failed: opening.failed,
  starting_passed: starting.passed,
  starting_failed: starting.failed,
});

export function findGuard(db: Db, release_id: number): Promise<GuardRow | undefined> {
  return db.selectFrom('release_guards').selectAll().where('release_id', '=', release_id).executeTakeFirst();
}

/** Another process that makes it at the same moment makes the same one. */
export async function makeGuard(db: Db, release: ReleaseRow): Promise<void> {
  const kept = await listKept(db, release, KEPT_RELEASES);
  await db
    .insertInto('release_guards')
    .values({
      release_id: release.id,
      read_until: release.started_at,
      tolerance: toleranceOf([...(await findGuards(db, kept)).values()].map((row) => devicesOf(evidenceOf(row)))),
      known_devices: await countKnownDevices(db, release.app_id, release.started_at, MOST_KNOWN_DEVICES),
    })
    .onConflict((conflict) => conflict.column('release_id').doNothing())
    .execute();
}

export async function findGuards(db: Db, releases: readonly ReleaseRow[]): Promise<Map<number, GuardRow>> {
  if (releases.length === 0) return new Map();
  const ids = releases.map(({ id }) => id);
  const rows = await db.selectFrom('release_guards').selectAll().where('release_id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.release_id, row]));
}

/** The guard does not act on it any more. */
export async function keepRelease(trx: Db, release: ReleaseRow): Promise<void> {
  if ((await findGuard(trx, release.id)) === undefined) await makeGuard(trx, release);
  await noteProvenBad(trx, release, null);
  await trx.updateTable('release_guards').set({ kept_at: new Date() }).where('release_id', '=', release.id).execute();
}

/** Waits while another process counts or acts for the same release. */
export function lockGuard(trx: Db, release_id: number): Promise<GuardRow | undefined> {
  return trx
    .selectFrom('release_guards')
    .selectAll()
    .where('release_id', '=', release_id)
    .forUpdate()
    .executeTakeFirst();
}
