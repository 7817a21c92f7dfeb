// Who may do what: the question every door asks, of one place and for lists.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { UserRight } from '../db/tables/accounts.ts';
import type { Caller } from './caller.ts';
import {
  type AppPlace,
  appIsOpen,
  channelIsOpen,
  channelsNamed,
  grantOnApp,
  grantOnOrg,
  type KeyGrant,
  keyAllows,
  orgIsOpen,
  rightOn,
} from './key-rights.ts';
import { members, organizationIdsOf } from './member-rows.ts';
import { lesser, type Permission, type Right, rank } from './rights.ts';
import { secondFactorIsMet, secondFactorRequired } from './second-factor.ts';

export type Target = { readonly app_id: string } | { readonly org_id: string };

/** What a caller may do in one place: what each of its keys may do there. */
export interface Grant {
  readonly org_id: string;
  /** In the whole place. */
  readonly right: Right;
  /** One for each key. Without any nothing is allowed. */
  readonly keys: readonly KeyGrant[];
  readonly require_apikey_expiration: boolean;
  /** A second person agreed to the change that is made with it, or nothing of it will stay. */
  readonly isApproved?: true;
}

/** Opens nothing. */
export const noGrant: Grant = { org_id: '', right: 'org_reader', keys: [], require_apikey_expiration: false };

/** In the whole place or, with `channel_id`, on that channel. */
export const allows = ({ keys }: Grant, permission: Permission, channel_id?: number): boolean =>
  keys.length > 0 && keys.every((key) => keyAllows(key, permission, channel_id));

/** The channels on which this is allowed; `all` where it is allowed in the whole app, those to come included. */
export function channelsAllowed(grant: Grant, permission: Permission): 'all' | number[] {
  if (allows(grant, permission)) return 'all';
  const named = new Set(grant.keys.flatMap(({ channels }) => [...channels.keys()]));
  return [...named].filter((id) => allows(grant, permission, id));
}

/** In the whole app or on some channel of it: which one has to be asked once the channel is known. */
export function allowsSomewhere(grant: Grant, permission: Permission): boolean {
  const channels = channelsAllowed(grant, permission);
  return channels === 'all' || channels.length > 0;
}

/** Each key has at least this right on the channel, or is one of those listed. */
export const hasRightOnChannel = (
  { keys }: Grant,
  least: Right,
  channel_id: number | undefined,
  listed: readonly number[] = [],
): boolean =>
  keys.length > 0 && keys.every((key) => rank(rightOn(key, channel_id)) >= rank(least) || listed.includes(key.key_id));

/**
 * The caller's grant, or undefined where the place does not exist for this caller, whatever the reason but one: a member
 * who lacks the second factor that the organization demands is told so by `second_factor_required`.
 */
export async function findGrant(db: Db, caller: Caller, target: Target): Promise<Grant | undefined> {
  return 'app_id' in target ? findAppGrant(db, caller, target.app_id) : findOrgGrant(db, caller, target.org_id);
}

/** True when the caller may do this there. For callers that need no grant. */
export async function may(db: Db, caller: Caller, permission: Permission, target: Target): Promise<boolean> {
  const grant = await findGrant(db, caller, target);
  return grant !== undefined && allows(grant, permission);
}

async function findAppGrant(db: Db, caller: Caller, app_id: string): Promise<Grant | undefined> {
  const row = await membership(db, caller)
    .innerJoin('apps', 'apps.owner_org', 'orgs.id')
    .select('apps.id as app_uuid')
    .where('apps.app_id', '=', app_id)
    .executeTakeFirst();
  if (!row) return undefined;
  assertSecondFactor(caller, row);
  const { org_id, app_uuid } = row;
  const place: AppPlace = { org_id, app_id, app_uuid, channel_ids: await namedChannelsOf(db, caller, app_id) };
  const grant = grantOf(
    row,
    caller.keys.map((key) => grantOnApp(key, place, row.user_right)),
  );
  if (!grant || rank(grant.right) > rank('app_visitor')) return grant;
  // Two keys that have no channel in common open nothing together.
  return channelsAllowed(grant, 'channel.read').length > 0 ? grant : undefined;
}

async function namedChannelsOf(db: Db, { keys }: Caller, app_id: string): Promise<number[]> {
  const named = keys.flatMap(channelsNamed);
  if (named.length === 0) return [];
  const rows = await db
    .selectFrom('channels')
    .select('id')
    .where('app_id', '=', app_id)
    .where('id', 'in', named)
    .execute();
  return rows.map(({ id }) => id);
}

async function findOrgGrant(db: Db, caller: Caller, org_id: string): Promise<Grant | undefined> {
  if (!isUuid(org_id)) return undefined;
  const row = await membership(db, caller).where('orgs.id', '=', org_id).executeTakeFirst();
  if (!row) return undefined;
  assertSecondFactor(caller, row);
  const grant = grantOf(
    row,
    caller.keys.map((key) => grantOnOrg(key, org_id, row.user_right)),
  );
  if (grant) return grant;
  const readable = await db
    .selectFrom('apps')
    .select('app_id')
    .where('owner_org', '=', org_id)
    .where(appIsVisible(caller))
    .executeTakeFirst();
  const reads = { right: 'org_reader', channels: new Map(), also: [] } as const;
  return (
    readable &&
    grantOf(
      row,
      caller.keys.map(({ key_id }) => ({ key_id, ...reads })),
    )
  );
}

function membership(db: Db, caller: Caller) {
  return members(db)
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select(['orgs.id as org_id', 'org_users.user_right', 'orgs.require_apikey_expiration'])
    .select(secondFactorIsMet(caller).as('second_factor_is_met'))
    .where('org_users.user_id', '=', caller.user_id);
}

interface MembershipRow {
  org_id: string;
  user_right: UserRight;
  require_apikey_expiration: boolean;
  second_factor_is_met: boolean;
}

function assertSecondFactor(caller: Caller, { second_factor_is_met }: MembershipRow): void {
  if (!second_factor_is_met) throw secondFactorRequired(caller);
}

/** Undefined as soon as one key opens nothing here. */
function grantOf(row: MembershipRow, found: readonly (KeyGrant | undefined)[]): Grant | undefined {
  const keys = found.filter((grant) => grant !== undefined);
  if (keys.length === 0 || keys.length < found.length) return undefined;
  const right = keys.map((key) => key.right).reduce(lesser);
  return { org_id: row.org_id, right, keys, require_apikey_expiration: row.require_apikey_expiration };
}

const all = (conditions: readonly ReturnType<typeof appIsOpen>[]) => sql.join<boolean>(conditions, sql` and `);

/** On `apps`: every key opens it, or one channel of it at least. */
function appIsVisible({ keys }: Caller) {
  const isOpen = sql<boolean>`(${all(keys.map(appIsOpen))})`;
  if (keys.flatMap(channelsNamed).length === 0) return isOpen;
  return sql<boolean>`(${isOpen} or exists (
    select from channels c where c.app_id = apps.app_id and ${all(keys.map(channelIsOpen))}))`;
}

/** A subquery: the ids of the organizations that the caller is a member of, and whose demand for a second factor is met. */
const openOrganizationIds = (caller: Caller) => sql`(
  select orgs.id from orgs where orgs.id in ${organizationIdsOf(caller.user_id)} and ${secondFactorIsMet(caller)})`;

const isOwnApp = (caller: Caller) => sql<boolean>`apps.owner_org in ${openOrganizationIds(caller)}`;

/** Restricts a query over `apps` to those the caller may see. */
export const readableApps = (caller: Caller) => sql<boolean>`(${isOwnApp(caller)} and ${appIsVisible(caller)})`;

/** Restricts a query over `apps` to those whose devices and numbers the caller may read: whole apps. */
export const countedApps = (caller: Caller) =>
  sql<boolean>`(${isOwnApp(caller)} and ${all(caller.keys.map(appIsOpen))})`;

/** Restricts a query over `orgs` to those the caller may read. */
export const readableOrgs = (caller: Caller) => sql<boolean>`
  orgs.id in ${openOrganizationIds(caller)}
  and ((${all(caller.keys.map(orgIsOpen))})
    or exists (select from apps where apps.owner_org = orgs.id and ${appIsVisible(caller)}))`;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** PostgreSQL answers other text in a uuid comparison with an error. */
export const isUuid = (text: string): boolean => uuidPattern.test(text);
