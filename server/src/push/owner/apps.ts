// The push side of apps and groups: who may send, and what an app can reach.

import { sql } from 'kysely';
import { appName } from '../../accounts/apps.ts';
import type { Db } from '../../db/database.ts';
import type { PushChannel } from '../../db/tables/push.ts';
import { AppError } from '../../errors.ts';
import { hashSecret, matchesHash } from '../../secrets.ts';
import { newKey, newMasterSecret } from './identifiers.ts';

/** What sending needs to know of an app. */
export interface PushApp {
  readonly app_id: string;
  readonly app_key: string;
  readonly owner_org: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly default_url: string | null;
  readonly default_icon: string | null;
  readonly allowed_ips: readonly string[];
  readonly web_origins: readonly string[];
  readonly client_tags: boolean;
  readonly web_active_days: number;
  readonly channels: readonly PushChannel[];
}

export interface PushGroup {
  readonly group_key: string;
  readonly owner_org: string;
  readonly name: string;
  readonly enabled: boolean;
}

/** How long a replaced master secret still opens, so that callers can be changed one by one. */
const OVERLAP_HOURS = 24;

function selectApps(db: Db) {
  return db
    .selectFrom('push_apps as p')
    .select([
      'p.app_id',
      'p.app_key',
      'p.owner_org',
      'p.enabled',
      'p.default_url',
      'p.default_icon',
      'p.allowed_ips',
      'p.web_origins',
      'p.client_tags',
      'p.web_active_days',
    ])
    .select(appName(sql<string>`p.app_id`).as('name'))
    .select(
      sql<
        PushChannel[]
      >`array(select c.channel from push_credentials c where c.app_id = p.app_id order by c.channel)`.as('channels'),
    );
}

export async function findPushApp(db: Db, app_id: string): Promise<PushApp | undefined> {
  return selectApps(db).where('p.app_id', '=', app_id).executeTakeFirst();
}

export async function findPushAppByKey(db: Db, app_key: string): Promise<PushApp | undefined> {
  return selectApps(db).where('p.app_key', '=', app_key).executeTakeFirst();
}

/** The app when the secret is its own, or the one before it within the overlap; undefined also for an unknown key. */
export async function authenticateApp(db: Db, app_key: string, secret: string): Promise<PushApp | undefined> {
  const row = await selectApps(db)
    .select(['p.secret_hash', 'p.previous_secret_hash', 'p.previous_secret_until'])
    .where('p.app_key', '=', app_key)
    .executeTakeFirst();
  if (!opens(secret, row) || !row) return undefined;
  const { secret_hash: _hash, previous_secret_hash: _previous, previous_secret_until: _until, ...app } = row;
  return app;
}

/** `known` tells an unknown group from a wrong secret: the dialect answers them differently. */
export async function authenticateGroup(
  db: Db,
  group_key: string,
  secret: string,
): Promise<{ known: boolean; group: PushGroup | undefined }> {
  const row = await db
    .selectFrom('push_groups')
    .select(['group_key', 'owner_org', 'name', 'enabled'])
    .select(['secret_hash', 'previous_secret_hash', 'previous_secret_until'])
    .where('group_key', '=', group_key)
    .executeTakeFirst();
  if (!row) return { known: false, group: undefined };
  if (!opens(secret, row)) return { known: true, group: undefined };
  const { group_key: key, owner_org, name, enabled } = row;
  return { known: true, group: { group_key: key, owner_org, name, enabled } };
}

interface SecretRow {
  readonly secret_hash: string;
  readonly previous_secret_hash: string | null;
  readonly previous_secret_until: Date | null;
}

function opens(secret: string, row: SecretRow | undefined): boolean {
  const overlap = row?.previous_secret_until && row.previous_secret_until.getTime() > Date.now();
  const present = matchesHash(secret, row?.secret_hash);
  const previous = matchesHash(secret, overlap ? row.previous_secret_hash : undefined);
  return present || previous;
}

/** The enabled apps of a group, in the order in which they joined. */
export async function listGroupApps(db: Db, group_key: string): Promise<readonly PushApp[]> {
  return selectApps(db)
    .innerJoin('push_group_apps as g', 'g.app_id', 'p.app_id')
    .where('g.group_key', '=', group_key)
    .where('p.enabled', '=', true)
    .orderBy('g.added_at')
    .orderBy('p.app_key')
    .execute();
}

/** Gives an app its push side. The master secret is returned once and stored only as a hash. */
export async function enablePush(
  db: Db,
  app: { app_id: string; owner_org: string },
): Promise<{ app_key: string; master_secret: string }> {
  const master_secret = newMasterSecret();
  const { app_key } = await db
    .insertInto('push_apps')
    .values({ ...app, app_key: newKey(), secret_hash: hashSecret(master_secret) })
    .returning('app_key')
    .executeTakeFirstOrThrow();
  return { app_key, master_secret };
}

/** A new master secret; the present one still opens for a day. Undefined when the app has no push side. */
export async function rotateAppSecret(db: Db, app_id: string): Promise<string | undefined> {
  const master_secret = newMasterSecret();
  const rotated = await db
    .updateTable('push_apps')
    .set((eb) => ({
      previous_secret_hash: eb.ref('secret_hash'),
      previous_secret_until: sql<Date>`now() + make_interval(hours => ${OVERLAP_HOURS}::int)`,
      secret_hash: hashSecret(master_secret),
      updated_at: new Date(),
    }))
    .where('app_id', '=', app_id)
    .executeTakeFirst();
  return rotated.numUpdatedRows > 0n ? master_secret : undefined;
}

export async function createGroup(
  db: Db,
  group: { owner_org: string; name: string },
): Promise<{ group_key: string; group_secret: string }> {
  const group_secret = newMasterSecret();
  const { group_key } = await db
    .insertInto('push_groups')
    .values({ ...group, group_key: newKey(), secret_hash: hashSecret(group_secret) })
    .returning('group_key')
    .executeTakeFirstOrThrow();
  return { group_key, group_secret };
}

/** As `rotateAppSecret`, for a group of this organization. */
export async function rotateGroupSecret(db: Db, owner_org: string, group_key: string): Promise<string | undefined> {
  const group_secret = newMasterSecret();
  const rotated = await db
    .updateTable('push_groups')
    .set((eb) => ({
      previous_secret_hash: eb.ref('secret_hash'),
      previous_secret_until: sql<Date>`now() + make_interval(hours => ${OVERLAP_HOURS}::int)`,
      secret_hash: hashSecret(group_secret),
      updated_at: new Date(),
    }))
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .executeTakeFirst();
  return rotated.numUpdatedRows > 0n ? group_secret : undefined;
}

/** Ids of all members, in the order in which they joined. */
export async function listGroupMembers(db: Db, group_key: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('push_group_apps')
    .select('app_id')
    .where('group_key', '=', group_key)
    .orderBy('added_at')
    .orderBy('app_id')
    .execute();
  return rows.map((row) => row.app_id);
}

/** Replaces the members of a group. Throws when one is no app of the group's organization that has push: a typo must not leave users out. */
export async function setGroupApps(
  db: Db,
  { group_key, owner_org }: Pick<PushGroup, 'group_key' | 'owner_org'>,
  app_ids: readonly string[],
): Promise<void> {
  const wanted = ['', ...app_ids];
  const found = await db
    .selectFrom('push_apps')
    .select('app_id')
    .where('owner_org', '=', owner_org)
    .where('app_id', 'in', wanted)
    .execute();
  const strange = app_ids.filter((app_id) => !found.some((app) => app.app_id === app_id));
  if (strange.length > 0) {
    throw new AppError('cannot_group_app', 400, `Push is not enabled for ${strange.join(', ')} in this organization`);
  }
  await db.deleteFrom('push_group_apps').where('group_key', '=', group_key).where('app_id', 'not in', wanted).execute();
  if (found.length === 0) return;
  await db
    .insertInto('push_group_apps')
    .values(found.map(({ app_id }) => ({ group_key, app_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
