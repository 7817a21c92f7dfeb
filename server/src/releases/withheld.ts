// Bundles that are offered to nobody at a place, because they failed there. A trigger announces each change to the processes that decide.

import { expressionBuilder, type Selectable, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { type AppIds, isAmongApps } from '../accounts/apps.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { WithheldBundlesTable } from '../db/tables/releases.ts';

export type WithheldRow = Selectable<WithheldBundlesTable>;

type NewWithheld = Pick<
  WithheldRow,
  | 'app_id'
  | 'bundle_id'
  | 'bundle_name'
  | 'release_id'
  | 'channel_name'
  | 'scope'
  | 'platform'
  | 'version'
  | 'failed'
  | 'passed'
  | 'e'
>;

const LONGEST_LIST = 1_000;

/** Where a bundle is withheld now, within a query on `bundles`. */
export const withheldPlaces = () =>
  jsonArrayFrom(
    expressionBuilder<Schema, 'bundles'>()
      .selectFrom('withheld_bundles')
      .select(['scope', 'platform', 'version'])
      .whereRef('withheld_bundles.bundle_id', '=', 'bundles.id')
      .whereRef('withheld_bundles.app_id', '=', 'bundles.app_id')
      .where('lifted_at', 'is', null),
  );

/** Undefined: it was withheld there before, and may have been lifted. Call with the app locked. */
export function withholdBundle(trx: Db, withheld: NewWithheld): Promise<WithheldRow | undefined> {
  return trx
    .insertInto('withheld_bundles')
    .values(withheld)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Newest first, lifted ones included; of one bundle where it is named. */
export function listWithheld(db: Db, app_id: string, bundle?: string): Promise<WithheldRow[]> {
  const query = db.selectFrom('withheld_bundles').selectAll().where('app_id', '=', app_id);
  return (bundle === undefined ? query : query.where('bundle_name', '=', bundle))
    .orderBy('id', 'desc')
    .limit(LONGEST_LIST)
    .execute();
}

export function findWithheld(db: Db, app_id: string, id: number): Promise<WithheldRow | undefined> {
  return db
    .selectFrom('withheld_bundles')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .executeTakeFirst();
}

export function liftWithheld(trx: Db, { app_id, id }: WithheldRow, lifted_by: string): Promise<WithheldRow> {
  return trx
    .updateTable('withheld_bundles')
    .set({ lifted_at: sql<Date>`clock_timestamp()`, lifted_by })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** By bundle id, lifted ones included. */
export async function findWithheldOf(
  db: Db,
  releases: readonly { app_id: string; bundle_id: number | null }[],
): Promise<Map<number, WithheldRow[]>> {
  const ids = releases.flatMap(({ bundle_id }) => bundle_id ?? []);
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('withheld_bundles')
    .selectAll()
    .where('app_id', 'in', [...new Set(releases.map(({ app_id }) => app_id))])
    .where('bundle_id', 'in', ids)
    .orderBy('id', 'desc')
    .limit(LONGEST_LIST)
    .execute();
  return Map.groupBy(rows, ({ bundle_id }) => bundle_id);
}

/** Of bundles that some channel offers, and not lifted. Newest first. */
export function listWithheldNow(
  db: Db,
  apps: AppIds,
  limit: number,
): Promise<(WithheldRow & { channel_id: number })[]> {
  return db
    .selectFrom('withheld_bundles as w')
    .innerJoin('channels as c', (join) =>
      join
        .onRef('c.app_id', '=', 'w.app_id')
        .on((eb) =>
          eb.or([eb('c.version', '=', eb.ref('w.bundle_id')), eb('c.rollout_version', '=', eb.ref('w.bundle_id'))]),
        ),
    )
    .selectAll('w')
    .select('c.id as channel_id')
    .where('w.lifted_at', 'is', null)
    .where(isAmongApps(sql`w.app_id`, apps))
    .distinctOn('w.id')
    .orderBy('w.id', 'desc')
    .limit(limit)
    .execute();
}

/** By bundle id, as it was before a moment. */
export async function findWithheldThen(db: Db, app_id: string, before: Date): Promise<Map<number, WithheldRow[]>> {
  const rows = await db
    .selectFrom('withheld_bundles')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('withheld_at', '<', before)
    .where((eb) => eb.or([eb('lifted_at', 'is', null), eb('lifted_at', '>=', before)]))
    .execute();
  return Map.groupBy(rows, ({ bundle_id }) => bundle_id);
}
