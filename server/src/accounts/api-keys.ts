// Managing API keys: making, reading, changing, rotating and revoking one's own.

import type { CreateApiKey, UpdateApiKey } from '@overair/protocol/manage/apikey';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/open.ts';
import type { ApikeysTable } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import type { Actor, Caller } from './caller.ts';
import { assertExpiryAllowed, futureDate } from './key-expiry.ts';
import { hashKey, newKey } from './keys.ts';
import { isUuid } from './permissions.ts';
import { stripTags } from './plain-text.ts';

const columns = [
  'id',
  'user_id',
  'name',
  'mode',
  'limited_to_orgs',
  'limited_to_apps',
  'global_permissions',
  'is_hashed_key',
  'expires_at',
  'rbac_id',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ApikeysTable)[];

type KeyRow = Omit<Selectable<ApikeysTable>, 'key_hash'>;

const pageSize = 1000;

/** Oldest first. */
export async function listKeys(db: Db, caller: Caller, page: number): Promise<KeyRow[]> {
  return db
    .selectFrom('apikeys')
    .select(columns)
    .where('user_id', '=', caller.user_id)
    .orderBy('id')
    .limit(pageSize)
    .offset(page * pageSize)
    .execute();
}

/** By number, by the id of its role bindings, or by its value: who has the value may know the row. */
export async function findKey(db: Db, caller: Caller, id: string): Promise<KeyRow | undefined> {
  const query = db.selectFrom('apikeys').select(columns).where('user_id', '=', caller.user_id);
  if (/^\d+$/.test(id)) {
    const number = Number(id);
    return number > 0x7fffffff ? undefined : query.where('id', '=', number).executeTakeFirst();
  }
  const byValue = await query.where('key_hash', '=', hashKey(id)).executeTakeFirst();
  return byValue ?? (isUuid(id) ? query.where('rbac_id', '=', id).executeTakeFirst() : undefined);
}

/** The row with the key itself, which nobody can read again. */
export async function createKey(db: Db, caller: Caller, actor: Actor, input: CreateApiKey) {
  return db.transaction().execute((trx) => addKey(trx, caller, actor, input));
}

/** The same in the caller's transaction. */
export async function addKey(trx: Db, caller: Caller, actor: Actor, input: CreateApiKey) {
  const expires_at = input.expires_at ? futureDate(input.expires_at) : null;
  const key = newKey();
  const key_hash = hashKey(key);
  const limits = await limitsOf(trx, caller, input);
  await assertExpiryAllowed(trx, caller, limits.limited_to_orgs, expires_at);
  const row = await trx
    .insertInto('apikeys')
    .values({
      ...limits,
      user_id: caller.user_id,
      key_hash,
      name: stripTags(input.name),
      mode: input.mode ?? 'all',
      global_permissions: [...(input.global_permissions ?? [])],
      // Every key is stored hashed. One that was asked for as plain still falls under the rule against plain keys.
      is_hashed_key: input.hashed !== false,
      expires_at,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
  const named = row.name ? row : await rename(trx, row.id, `Apikey ${row.id}`);
  await recordKey(trx, actor, undefined, named);
  return { ...named, key, key_hash };
}

const rename = (trx: Db, id: number, name: string) =>
  trx.updateTable('apikeys').set({ name }).where('id', '=', id).returning(columns).executeTakeFirstOrThrow();

type Limits = Pick<CreateApiKey, 'limited_to_apps' | 'limited_to_orgs' | 'org_id' | 'app_id'>;

/** Limits must name what the caller can see: a typo would make a key that opens nothing. */
async function limitsOf(trx: Db, caller: Caller, input: Limits) {
  const limited_to_orgs = [...new Set([...(input.limited_to_orgs ?? []), ...(input.org_id ? [input.org_id] : [])])];
  const limited_to_apps = new Set(input.limited_to_apps ?? []);
  const orgs = await trx.selectFrom('org_users').select('org_id').where('user_id', '=', caller.user_id).execute();
  const unknownOrg = limited_to_orgs.find((id) => !orgs.some(({ org_id }) => org_id === id));
  if (unknownOrg !== undefined)
    throw new AppError('org_not_found', 404, 'Organization not found', { org_id: unknownOrg });
  if (input.app_id) limited_to_apps.add(await appIdOf(trx, input.app_id));
  for (const app_id of limited_to_apps) await assertOwnApp(trx, orgs, app_id);
  return { limited_to_orgs, limited_to_apps: [...limited_to_apps] };
}

const appNotFound = (app_id: string) => new AppError('app_not_found', 404, 'App not found', { app_id });

async function appIdOf(trx: Db, row_id: string): Promise<string> {
  const row = isUuid(row_id)
    ? await trx.selectFrom('apps').select('app_id').where('id', '=', row_id).executeTakeFirst()
    : undefined;
  if (!row) throw appNotFound(row_id);
  return row.app_id;
}

async function assertOwnApp(trx: Db, orgs: { org_id: string }[], app_id: string): Promise<void> {
  const app = await trx.selectFrom('apps').select('owner_org').where('app_id', '=', app_id).executeTakeFirst();
  if (!app || !orgs.some(({ org_id }) => org_id === app.owner_org)) throw appNotFound(app_id);
}

const keyNotFound = () => new AppError('api_key_not_found_or_access_denied', 404, 'API key not found or access denied');

/** Changes the given fields. With `regenerate` the answer has the new key, and the old one is dead. */
export async function updateKey(db: Db, caller: Caller, actor: Actor, id: string, input: Omit<UpdateApiKey, 'id'>) {
  const key = input.regenerate === true ? newKey() : undefined;
  return db.transaction().execute(async (trx) => {
    const before = await findKey(trx, caller, id);
    if (!before) throw keyNotFound();
    if (before.id === caller.key_id) {
      throw new AppError('cannot_update_apikey', 401, 'API keys cannot change themselves');
    }
    const change = await changeOf(trx, caller, input);
    const expires_at = change.expires_at === undefined ? before.expires_at : change.expires_at;
    await assertExpiryAllowed(trx, caller, change.limited_to_orgs ?? before.limited_to_orgs, expires_at);
    const after = await trx
      .updateTable('apikeys')
      .set({ ...change, ...(key && { key_hash: hashKey(key) }), updated_at: sql<Date>`clock_timestamp()` })
      .where('id', '=', before.id)
      .where('user_id', '=', caller.user_id)
      .returning(columns)
      .executeTakeFirstOrThrow();
    await recordKey(trx, actor, before, after);
    return key ? { ...after, key, key_hash: hashKey(key) } : after;
  });
}

async function changeOf(trx: Db, caller: Caller, input: Omit<UpdateApiKey, 'id'>) {
  const { name, mode, expires_at, limited_to_apps, limited_to_orgs, global_permissions } = input;
  const limits = await limitsOf(trx, caller, {
    ...(limited_to_apps !== undefined && { limited_to_apps }),
    ...(limited_to_orgs !== undefined && { limited_to_orgs }),
  });
  return {
    ...(name && { name: stripTags(name) }),
    ...(mode && { mode }),
    ...(limited_to_apps !== undefined && { limited_to_apps: limits.limited_to_apps }),
    ...(limited_to_orgs !== undefined && { limited_to_orgs: limits.limited_to_orgs }),
    ...(global_permissions && { global_permissions: [...global_permissions] }),
    ...(expires_at !== undefined && { expires_at: expires_at ? futureDate(expires_at) : null }),
  };
}

export async function deleteKey(db: Db, caller: Caller, actor: Actor, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await findKey(trx, caller, id);
    if (!before) throw new AppError('api_key_not_found', 404, 'API key not found');
    if (before.id === caller.key_id) {
      throw new AppError('cannot_delete_apikey', 401, 'API keys cannot delete themselves');
    }
    await removeKey(trx, actor, before.id);
  });
}

/** Whoever owns it, in the caller's transaction. */
export async function removeKey(trx: Db, actor: Actor, id: number): Promise<void> {
  const before = await trx.deleteFrom('apikeys').where('id', '=', id).returning(columns).executeTakeFirst();
  if (before) await recordKey(trx, actor, before, undefined);
}

/** A key belongs to a user, the log to organizations: every one that the key opens hears of it. */
async function recordKey(trx: Db, actor: Actor, before: KeyRow | undefined, after: KeyRow | undefined): Promise<void> {
  const key = (after ?? before)!;
  for (const org_id of await organizationsReached(trx, key)) {
    await recordChange(trx, actor, { org_id, table_name: 'apikeys', record_id: key.id, before, after });
  }
}

/** The ids of the organizations that a key opens, in a fixed order: each locks its log. */
export async function organizationsReached(
  trx: Db,
  { user_id, limited_to_orgs }: Pick<Caller, 'user_id' | 'limited_to_orgs'>,
): Promise<string[]> {
  const orgs = await trx
    .selectFrom('org_users')
    .select('org_id')
    .where('user_id', '=', user_id)
    .where('is_invite', '=', false)
    .orderBy('org_id')
    .execute();
  return orgs
    .map(({ org_id }) => org_id)
    .filter((org_id) => limited_to_orgs.length === 0 || limited_to_orgs.includes(org_id));
}
