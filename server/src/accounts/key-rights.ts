// What one key opens, judged alone. A call made with two keys may do what each of them may do.

import { type RawBuilder, sql } from 'kysely';
import type { KeyBinding, KeyMode, UserRight } from '../db/tables/accounts.ts';
import { lesser, mostByMode, type Permission, permissions, type Right, rank, roles } from './rights.ts';

/** Lists that are empty limit nothing. With bindings there is no mode, and they alone say what the key opens. */
export interface KeyRights {
  readonly key_id: number;
  readonly mode: KeyMode | null;
  readonly limited_to_orgs: readonly string[];
  readonly limited_to_apps: readonly string[];
  readonly limited_to_channels: readonly number[];
  readonly bindings: readonly KeyBinding[] | null;
  readonly global_permissions: readonly string[];
}

type Limits = Pick<KeyRights, 'limited_to_orgs' | 'limited_to_apps' | 'limited_to_channels' | 'bindings'>;

export const isLimited = ({ limited_to_orgs, limited_to_apps, limited_to_channels, bindings }: Limits): boolean =>
  bindings !== null || limited_to_orgs.length + limited_to_apps.length + limited_to_channels.length > 0;

/** Ids of the organizations that a key names; undefined: every one of its owner. */
export function organizationsNamed({
  limited_to_orgs,
  bindings,
}: Pick<Limits, 'limited_to_orgs' | 'bindings'>): readonly string[] | undefined {
  if (bindings !== null) return [...new Set(bindings.map(({ org_id }) => org_id))];
  return limited_to_orgs.length > 0 ? limited_to_orgs : undefined;
}

/** True for keys that open apps or channels, but no organization. */
export const isAppScoped = ({ limited_to_apps, limited_to_channels, bindings }: KeyRights): boolean =>
  bindings !== null
    ? !bindings.some(({ scope_type }) => scope_type === 'org')
    : limited_to_apps.length + limited_to_channels.length > 0;

/** The ids of channels that a key names. */
export const channelsNamed = ({ limited_to_channels, bindings }: KeyRights): number[] =>
  bindings === null ? [...limited_to_channels] : idsBound(bindings, 'channel', 'channel_id');

/** A binding of a role that this server does not know opens nothing. */
const known = (bindings: readonly KeyBinding[], scope: KeyBinding['scope_type']) =>
  bindings.filter(({ role_name, scope_type }) => scope_type === scope && roles[role_name]?.scope === scope);

function idsBound<Name extends 'org_id' | 'app_id' | 'channel_id'>(
  bindings: readonly KeyBinding[],
  scope: KeyBinding['scope_type'],
  name: Name,
): NonNullable<KeyBinding[Name]>[] {
  return known(bindings, scope)
    .map((binding) => binding[name])
    .filter((id) => id !== null);
}

/** What a key may do in one place. */
export interface KeyGrant {
  readonly key_id: number;
  /** In the whole place. */
  readonly right: Right;
  /** On single channels of the app. */
  readonly channels: ReadonlyMap<number, Right>;
  /** Beyond the right. */
  readonly also: readonly Permission[];
}

/** With `channel_id` the question is about that channel; the right in the whole app counts there as well. */
export function keyAllows(grant: KeyGrant, permission: Permission, channel_id?: number): boolean {
  return rank(rightOn(grant, channel_id)) >= rank(permissions[permission]) || grant.also.includes(permission);
}

export function rightOn({ right, channels }: KeyGrant, channel_id: number | undefined): Right {
  const there = channel_id === undefined ? undefined : channels.get(channel_id);
  return there !== undefined && rank(there) > rank(right) ? there : right;
}

const wide = ({ key_id }: KeyRights, right: Right): KeyGrant => ({ key_id, right, channels: new Map(), also: [] });

const strongest = (rights: readonly Right[]): Right | undefined =>
  rights.reduce<Right | undefined>((best, next) => (best && rank(best) >= rank(next) ? best : next), undefined);

/** Undefined where the key does not open the whole organization. */
export function grantOnOrg(key: KeyRights, org_id: string, owner: UserRight): KeyGrant | undefined {
  if (key.bindings !== null) {
    const bound = known(key.bindings, 'org').filter((binding) => binding.org_id === org_id);
    const right = strongest(bound.map(({ role_name }) => roles[role_name]!.right));
    return right && wide(key, lesser(right, owner));
  }
  if (isAppScoped(key) || !opensOrganization(key, org_id)) return undefined;
  return wide(key, modeRight(key, owner));
}

const modeRight = ({ mode }: KeyRights, owner: UserRight): Right =>
  mode === null ? 'org_reader' : lesser(mostByMode[mode], owner);

const opensOrganization = ({ limited_to_orgs }: KeyRights, org_id: string) =>
  limited_to_orgs.length === 0 || limited_to_orgs.includes(org_id);

export interface AppPlace {
  readonly org_id: string;
  readonly app_id: string;
  readonly app_uuid: string;
  /** Of the channels that the key names, those that are this app's. */
  readonly channel_ids: readonly number[];
}

/** Undefined where the app does not exist for the key. */
export function grantOnApp(key: KeyRights, place: AppPlace, owner: UserRight): KeyGrant | undefined {
  if (key.bindings !== null) return boundGrant(key, key.bindings, place, owner);
  const { limited_to_apps, limited_to_channels } = key;
  if (!opensOrganization(key, place.org_id)) return undefined;
  if (limited_to_apps.length > 0 && !limited_to_apps.includes(place.app_id)) return undefined;
  const right = modeRight(key, owner);
  if (limited_to_channels.length === 0) return wide(key, right);
  const here = place.channel_ids.filter((id) => limited_to_channels.includes(id));
  if (here.length === 0) return undefined;
  // A CI job of one channel has to bring its bundle; nothing runs it before it stands on a channel.
  const also = rank(right) >= rank(permissions['app.upload_bundle']) ? (['app.upload_bundle'] as const) : [];
  return { key_id: key.key_id, right: 'app_visitor', channels: new Map(here.map((id) => [id, right])), also };
}

function boundGrant(
  key: KeyRights,
  bindings: readonly KeyBinding[],
  place: AppPlace,
  owner: UserRight,
): KeyGrant | undefined {
  const rightOf = ({ role_name }: KeyBinding) => lesser(roles[role_name]!.right, owner);
  const right = strongest(
    [
      ...known(bindings, 'org').filter(({ org_id }) => org_id === place.org_id),
      ...known(bindings, 'app').filter(({ app_id }) => app_id === place.app_uuid),
    ].map(rightOf),
  );
  const channels = new Map<number, Right>();
  for (const binding of known(bindings, 'channel')) {
    const id = binding.channel_id;
    if (id !== null && place.channel_ids.includes(id)) channels.set(id, rightOf(binding));
  }
  if (right === undefined && channels.size === 0) return undefined;
  return { key_id: key.key_id, right: right ?? 'app_visitor', channels, also: [] };
}

type Condition = RawBuilder<boolean>;

const isAmong = (column: Condition | RawBuilder<unknown>, ids: readonly unknown[], type: 'uuid' | 'text' | 'int') =>
  sql<boolean>`${column} = any(${[...ids]}::${sql.raw(type)}[])`;

/** A condition on `orgs`: the key opens the whole organization. */
export function orgIsOpen(key: KeyRights): Condition {
  if (key.bindings !== null) return isAmong(sql`orgs.id`, idsBound(key.bindings, 'org', 'org_id'), 'uuid');
  if (isAppScoped(key)) return sql`false`;
  return key.limited_to_orgs.length === 0 ? sql`true` : isAmong(sql`orgs.id`, key.limited_to_orgs, 'uuid');
}

/** A condition on `apps`: the key opens the whole app. */
export function appIsOpen(key: KeyRights): Condition {
  const { bindings, limited_to_channels } = key;
  if (bindings === null) return limited_to_channels.length > 0 ? sql`false` : appIsWithin(key);
  const inOrg = isAmong(sql`apps.owner_org`, idsBound(bindings, 'org', 'org_id'), 'uuid');
  return sql`(${inOrg} or ${isAmong(sql`apps.id`, idsBound(bindings, 'app', 'app_id'), 'uuid')})`;
}

/** A condition on `apps` and on a channel `c` of it: the key names this channel, or opens the whole app. */
export function channelIsOpen(key: KeyRights): Condition {
  const isNamed = isAmong(sql`c.id`, channelsNamed(key), 'int');
  return sql`(${appIsOpen(key)} or (${isNamed} and ${key.bindings === null ? appIsWithin(key) : sql`true`}))`;
}

function appIsWithin({ limited_to_orgs, limited_to_apps }: KeyRights): Condition {
  const inOrg = limited_to_orgs.length === 0 ? sql`true` : isAmong(sql`apps.owner_org`, limited_to_orgs, 'uuid');
  const isListed = limited_to_apps.length === 0 ? sql`true` : isAmong(sql`apps.app_id`, limited_to_apps, 'text');
  return sql`(${inOrg} and ${isListed})`;
}
