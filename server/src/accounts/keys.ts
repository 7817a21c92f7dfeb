// From a presented API key to the caller behind it. Nothing is cached: a revoked key is dead with its next request.

import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { isLimited, type KeyRights, organizationsNamed } from './key-rights.ts';
import { members } from './member-rows.ts';

/** Headers that may carry a key, as Node delivers them. */
export type KeyHeaders = Readonly<Record<string, string | string[] | undefined>>;

export const invalidApikey = () => new AppError('invalid_apikey', 401, 'Invalid apikey');
const invalidSubkey = (message: string) => new AppError('invalid_subkey', 401, message);

/** Only the hash is stored. The keys are random, so a fast hash without salt is enough. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A new key, in the form that clients of the original service expect. */
export const newApiKey = (): string => randomUUID();

/** The key a request presents: `capgkey`, else `x-api-key`, else `authorization` with or without "Bearer ". */
export function presentedKey(headers: KeyHeaders): string | undefined {
  const values = [headers['capgkey'], headers['x-api-key'], headers['authorization']];
  const given = values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
  return given?.trim().replace(/^Bearer\s+/i, '');
}

/**
 * The caller behind the request's key. With `x-limited-key-id` it may do what both keys may, and no more.
 * Throws `invalid_apikey` for unknown, expired and refused keys alike, so that nothing can be probed.
 */
export async function authenticateKey(db: Db, headers: KeyHeaders, ip: string | null): Promise<Caller | undefined> {
  const key = presentedKey(headers);
  if (key === undefined) return undefined;
  const found = await findKeyOwner(db, { key_hash: hashKey(key) });
  if (!found) throw invalidApikey();
  const caller: Caller = { ...found.owner, keys: [found.rights], ip };
  const subkey = headers['x-limited-key-id'];
  return subkey === undefined ? caller : narrow(db, caller, String(subkey));
}

async function narrow(db: Db, caller: Caller, text: string): Promise<Caller> {
  const id = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(id)) throw invalidSubkey('Invalid x-limited-key-id');
  const found = id > 0x7fffffff ? undefined : await findKeyOwner(db, { id, user_id: caller.user_id });
  if (!found) throw invalidSubkey('Invalid subkey');
  if (!isLimited(found.rights)) throw invalidSubkey('Invalid subkey, no limited apps or orgs');
  const expires_at = earliest(caller.expires_at, found.owner.expires_at);
  return { ...caller, keys: [...caller.keys, found.rights], expires_at };
}

const earliest = (one: Date | null, other: Date | null): Date | null =>
  one && other ? (one < other ? one : other) : (one ?? other);

type KeyChoice = { key_hash: string } | { id: number; user_id: string };

interface Found {
  owner: Omit<Caller, 'keys' | 'ip'>;
  rights: KeyRights;
}

async function findKeyOwner(db: Db, choice: KeyChoice): Promise<Found | undefined> {
  const query = db
    .selectFrom('apikeys')
    .innerJoin('users', 'users.id', 'apikeys.user_id')
    .select([
      'apikeys.user_id',
      'users.email as user_email',
      'apikeys.id as key_id',
      'apikeys.name as key_name',
      'apikeys.mode',
      'apikeys.limited_to_orgs',
      'apikeys.limited_to_apps',
      'apikeys.limited_to_channels',
      'apikeys.bindings',
      'apikeys.global_permissions',
      'apikeys.expires_at',
      'apikeys.is_hashed_key',
    ])
    .where((eb) => eb.or([eb('apikeys.expires_at', 'is', null), eb('apikeys.expires_at', '>', sql<Date>`now()`)]));
  const row = await ('key_hash' in choice
    ? query.where('apikeys.key_hash', '=', choice.key_hash)
    : query.where('apikeys.id', '=', choice.id).where('apikeys.user_id', '=', choice.user_id)
  ).executeTakeFirst();
  if (!row) return undefined;
  const { user_id, user_email, key_id, key_name, expires_at, is_hashed_key, ...limits } = row;
  if (!is_hashed_key && (await refusesPlainKeys(db, user_id, organizationsNamed(limits)))) return undefined;
  return { owner: { user_id, user_email, key_id, key_name, expires_at }, rights: { key_id, ...limits } };
}

/** A key that its maker declared as plain dies everywhere once one organization it reaches wants hashed keys. */
async function refusesPlainKeys(db: Db, user_id: string, named: readonly string[] | undefined): Promise<boolean> {
  let query = members(db)
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select('orgs.id')
    .where('org_users.user_id', '=', user_id)
    .where('orgs.enforce_hashed_api_keys', '=', true);
  if (named) query = query.where('orgs.id', 'in', named);
  return (await query.executeTakeFirst()) !== undefined;
}
