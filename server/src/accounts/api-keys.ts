// Managing API keys: making, reading, changing, rotating and revoking one's own.

import type { CreateApiKey } from '@overair/protocol/manage/apikey';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import type { ApikeysTable } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import type { Actor, Caller } from './caller.ts';
import { assertExpiryAllowed, futureDate } from './key-expiry.ts';
import { organizationsOf } from './key-limits.ts';
import { organizationsNamed } from './key-rights.ts';
import { hashKey, newApiKey } from './keys.ts';
import { members } from './member-rows.ts';
import { isUuid } from './permissions.ts';
import { stripTags } from './plain-text.ts';
import { changedRights, type KeyChange, newRights, stored } from './requested-rights.ts';

const columns = [
  'id',
  'user_id',
  'name',
  'mode',
  'limited_to_orgs',
  'limited_to_apps',
  'limited_to_channels',
  'bindings',
  'global_permissions',
  'is_hashed_key',
  'expires_at',
  'rbac_id',
  'last_used_at',
  'last_used_ip',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ApikeysTable)[];

type KeyRow = Omit<Selectable<ApikeysTable>, 'key_hash'>;

const PAGE_SIZE = 1000;

/** Oldest first. */
export async function listKeys(db: Db, caller: Caller, page: number): Promise<KeyRow[]> {
  return db
    .selectFrom('apikeys')
    .select(columns)
    .where('user_id', '=', caller.user_id)
    .orderBy('id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
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
  const expires_at = expiryOf(input.expires_at);
  const key = newApiKey();
  const key_hash = hashKey(key);
  const rights = await newRights(trx, caller, input);
  await assertExpiryAllowed(trx, caller, organizationsNamed(rights), expires_at);
  const row = await trx
    .insertInto('apikeys')
    .values({
      ...stored(rights),
      user_id: caller.user_id,
      key_hash,
      name: stripTags(input.name),
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

/** What is not changed is written back as it was read: nobody else may change it in between. */
async function lockKey(trx: Db, caller: Caller, id: string): Promise<KeyRow | undefined> {
  const found = await findKey(trx, caller, id);
  if (!found) return undefined;
  const query = trx.selectFrom('apikeys').select(columns).where('id', '=', found.id);
  return query.where('user_id', '=', caller.user_id).forUpdate().executeTakeFirst();
}

const keyNotFound = () => new AppError('api_key_not_found_or_access_denied', 404, 'API key not found or access denied');

/** Changes the given fields. With `regenerate` the answer has the new key, and the old one is dead. */
export async function updateKey(db: Db, caller: Caller, actor: Actor, id: string, input: KeyChange) {
  const key = input.regenerate === true ? newApiKey() : undefined;
  return db.transaction().execute(async (trx) => {
    const before = await lockKey(trx, caller, id);
    if (!before) throw keyNotFound();
    if (before.id === caller.key_id) {
      throw new AppError('cannot_update_apikey', 401, 'API keys cannot change themselves');
    }
    const rights = await changedRights(trx, caller, before, input);
    const expires_at = input.expires_at === undefined ? before.expires_at : expiryOf(input.expires_at);
    await assertExpiryAllowed(trx, caller, organizationsNamed(rights), expires_at);
    const { name, global_permissions } = input;
    const after = await trx
      .updateTable('apikeys')
      .set({
        ...stored(rights),
        ...(name && { name: stripTags(name) }),
        ...(global_permissions && { global_permissions: [...global_permissions] }),
        // Another value was not used yet.
        ...(key && { key_hash: hashKey(key), last_used_at: null, last_used_ip: null }),
        expires_at,
        updated_at: sql<Date>`clock_timestamp()`,
      })
      .where('id', '=', before.id)
      .where('user_id', '=', caller.user_id)
      .returning(columns)
      .executeTakeFirstOrThrow();
    await recordKey(trx, actor, before, after);
    return key ? { ...after, key, key_hash: hashKey(key) } : after;
  });
}

/** Only null and absence mean for ever: empty text was meant to be a date. */
const expiryOf = (text: string | null | undefined) => (typeof text === 'string' ? futureDate(text) : null);

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
  key: Pick<KeyRow, 'user_id' | 'limited_to_orgs' | 'bindings'>,
): Promise<string[]> {
  const named = organizationsNamed(key);
  const own = await organizationsOf(trx, key.user_id);
  return own.filter((org_id) => !named || named.includes(org_id)).sort();
}

/** Those of the ids that are keys of the organization's members. */
export async function listKeysOfMembers(trx: Db, org_id: string, ids: readonly number[]): Promise<number[]> {
  const rows = await members(trx)
    .innerJoin('apikeys', 'apikeys.user_id', 'org_users.user_id')
    .select('apikeys.id')
    .where('org_users.org_id', '=', org_id)
    .where('apikeys.id', 'in', ids)
    .execute();
  return rows.map(({ id }) => id);
}
