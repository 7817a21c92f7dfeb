// Bindings of a key as somebody asks for them: roles and places are looked up, and nobody binds more than they have.

import { type KeyBindingRequest, keyRoles } from '@overair/protocol/manage/apikey';
import type { Db } from '../db/database.ts';
import type { KeyBinding, UserRight } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import { getOwnApp, limitedChannelNotFound, organizationsOf, ownChannels } from './key-limits.ts';
import { members } from './member-rows.ts';
import { lesser, roles, type Scope } from './rights.ts';

const invalid = (at: number, message: string) =>
  new AppError('invalid_bindings', 400, `bindings[${at}]: ${message}`, { index: at });

const isScope = (text: string): text is Scope => Object.hasOwn(keyRoles, text);

/** Throws for an unknown role, scope or place, for a role above the owner's right there, and for two roles in one place. */
export async function resolveBindings(
  trx: Db,
  user_id: string,
  requested: readonly KeyBindingRequest[],
): Promise<KeyBinding[]> {
  const own = await organizationsOf(trx, user_id);
  const bindings: KeyBinding[] = [];
  for (const [at, request] of requested.entries()) {
    const scope_type = scopeOf(at, request);
    const place = await placeOf(trx, own, at, scope_type, request);
    await assertOwnRight(trx, user_id, at, request.role_name, place.org_id);
    const binding = { role_name: request.role_name, scope_type, ...place, reason: request.reason ?? null };
    if (bindings.some((other) => isSamePlace(other, binding))) {
      throw new AppError('duplicate_binding', 409, `bindings[${at}]: this place has a role already`, { index: at });
    }
    bindings.push(binding);
  }
  return bindings;
}

function scopeOf(at: number, { role_name, scope_type }: KeyBindingRequest): Scope {
  if (!isScope(scope_type)) {
    throw invalid(at, `scope_type "${scope_type}" is not known, expected one of ${Object.keys(keyRoles).join(', ')}`);
  }
  const expected: readonly string[] = keyRoles[scope_type];
  if (expected.includes(role_name)) return scope_type;
  throw invalid(
    at,
    `role_name "${role_name}" is no role of scope ${scope_type}, expected one of ${expected.join(', ')}`,
  );
}

type Place = Pick<KeyBinding, 'org_id' | 'app_id' | 'channel_id'>;

async function placeOf(
  trx: Db,
  own: readonly string[],
  at: number,
  scope: Scope,
  { org_id, app_id, channel_id }: KeyBindingRequest,
): Promise<Place> {
  // A place narrower than the scope was meant to limit something.
  if (scope === 'org' && app_id) throw invalid(at, 'app_id does not go with scope_type org');
  if (scope !== 'channel' && channel_id) throw invalid(at, `channel_id does not go with scope_type ${scope}`);
  if (scope === 'org' && !org_id) throw invalid(at, 'org_id is missing');
  if (scope === 'app' && !app_id) throw invalid(at, 'app_id is missing');
  if (scope === 'channel' && !channel_id) throw invalid(at, 'channel_id is missing');
  if (org_id && !own.includes(org_id)) {
    throw new AppError('org_not_found', 404, `bindings[${at}]: organization not found`, { org_id });
  }
  const within = org_id ? [org_id] : own;
  const app = app_id ? await getOwnApp(trx, within, app_id).catch(unknownApp(at, app_id)) : undefined;
  if (scope === 'org') return { org_id: org_id!, app_id: null, channel_id: null };
  if (scope === 'app') return { org_id: app!.owner_org, app_id: app!.id, channel_id: null };
  return channelPlace(trx, within, at, app, channel_id!);
}

const unknownApp = (at: number, app_id: string) => (error: unknown) => {
  if (!(error instanceof AppError)) throw error;
  throw new AppError('binding_failed', 404, `bindings[${at}]: app not found`, { app_id });
};

/** A number in quotes is an id, unless a channel of the app has that name. */
async function channelPlace(
  trx: Db,
  within: readonly string[],
  at: number,
  app: { app_id: string } | undefined,
  channel: string | number,
): Promise<Place> {
  if (typeof channel === 'string' && !app && !/^\d{1,10}$/.test(channel)) {
    throw invalid(at, 'a channel is named by its id, or by its name beside app_id');
  }
  const byName = app || typeof channel === 'number' ? await ownChannels(trx, within, channel) : [];
  const byId =
    typeof channel === 'string' && /^\d{1,10}$/.test(channel) ? await ownChannels(trx, within, Number(channel)) : [];
  const found = [...byName, ...byId].find(({ app_id }) => !app || app_id === app.app_id);
  if (!found) throw limitedChannelNotFound(channel);
  const { id } = await getOwnApp(trx, within, found.app_id);
  return { org_id: found.owner_org, app_id: id, channel_id: found.id };
}

async function assertOwnRight(trx: Db, user_id: string, at: number, role_name: string, org_id: string) {
  const { user_right } = await members(trx)
    .select('user_right')
    .where('user_id', '=', user_id)
    .where('org_id', '=', org_id)
    .executeTakeFirstOrThrow();
  const { right } = roles[role_name]!;
  if (lesser(right, user_right satisfies UserRight) === right) return;
  throw new AppError(
    'forbidden_binding',
    403,
    `bindings[${at}]: ${role_name} is more than your own right ${user_right}`,
    {
      index: at,
    },
  );
}

const isSamePlace = (one: KeyBinding, other: KeyBinding) =>
  one.scope_type === other.scope_type &&
  one.org_id === other.org_id &&
  one.app_id === other.app_id &&
  one.channel_id === other.channel_id;
