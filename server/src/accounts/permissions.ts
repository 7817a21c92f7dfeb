// Who may do what: one table of facts, and the question every door asks it.

import { sql } from 'kysely';
import type { Db } from '../db/open.ts';
import type { KeyMode, UserRight } from '../db/tables/accounts.ts';
import { type Caller, isUnrestricted } from './caller.ts';

/** `org_reader` is what a key limited to apps may do with the organization around them. */
export type Right = 'org_reader' | UserRight;

const order: readonly Right[] = ['org_reader', 'read', 'upload', 'write', 'admin', 'super_admin'];

export const rank = (right: Right): number => order.indexOf(right);

/** The least right that each permission needs. */
export const permissions = {
  'org.read': 'org_reader',
  'org.read_members': 'read',
  'org.read_statistics': 'read',
  'org.create_app': 'write',
  'org.read_audit': 'admin',
  'org.update_settings': 'admin',
  'org.invite_user': 'admin',
  'org.update_user_roles': 'admin',
  'org.manage_webhooks': 'admin',
  'org.delete': 'super_admin',
  'app.read': 'read',
  'app.read_bundles': 'read',
  'app.read_channels': 'read',
  'app.read_devices': 'read',
  'app.read_statistics': 'read',
  'app.upload_bundle': 'upload',
  'channel.promote_bundle': 'upload',
  'app.update_settings': 'write',
  'app.create_channel': 'write',
  'app.manage_devices': 'write',
  'bundle.delete': 'write',
  'channel.update_settings': 'write',
  'channel.manage_forced_devices': 'write',
  'channel.delete': 'admin',
  'app.delete': 'admin',
} as const satisfies Record<string, Right>;

export type Permission = keyof typeof permissions;

/** A key never gives more than its owner has, nor more than its mode says. */
const mostByMode: Record<KeyMode, UserRight> = { read: 'read', upload: 'upload', write: 'write', all: 'super_admin' };

export type Target = { readonly app_id: string } | { readonly org_id: string };

/** What a caller may do in one place. */
export interface Grant {
  readonly org_id: string;
  readonly right: Right;
  readonly require_apikey_expiration: boolean;
}

export const allows = (grant: Grant, permission: Permission): boolean =>
  rank(grant.right) >= rank(permissions[permission]);

/** The caller's grant, or undefined where the place does not exist for this caller, whatever the reason. */
export async function findGrant(db: Db, caller: Caller, target: Target): Promise<Grant | undefined> {
  return 'app_id' in target ? findAppGrant(db, caller, target.app_id) : findOrgGrant(db, caller, target.org_id);
}

/** True when the caller may do this there: the question without its circumstances. */
export async function may(db: Db, caller: Caller, permission: Permission, target: Target): Promise<boolean> {
  const grant = await findGrant(db, caller, target);
  return grant !== undefined && allows(grant, permission);
}

/** Making an organization needs no right in another one, but an unrestricted key or the explicit permission. */
export const mayCreateOrganization = (caller: Caller): boolean =>
  isUnrestricted(caller) || caller.global_permissions.includes('org.create');

async function findAppGrant(db: Db, caller: Caller, app_id: string): Promise<Grant | undefined> {
  if (caller.limited_to_apps.length > 0 && !caller.limited_to_apps.includes(app_id)) return undefined;
  const row = await membership(db, caller)
    .innerJoin('apps', 'apps.owner_org', 'orgs.id')
    .where('apps.app_id', '=', app_id)
    .executeTakeFirst();
  return row && limited(caller, row);
}

async function findOrgGrant(db: Db, caller: Caller, org_id: string): Promise<Grant | undefined> {
  if (!isUuid(org_id)) return undefined;
  const row = await membership(db, caller).where('orgs.id', '=', org_id).executeTakeFirst();
  const grant = row && limited(caller, row);
  if (!grant || caller.limited_to_apps.length === 0) return grant;
  const owned = await db
    .selectFrom('apps')
    .select('app_id')
    .where('owner_org', '=', org_id)
    .where('app_id', 'in', caller.limited_to_apps)
    .executeTakeFirst();
  return owned && { ...grant, right: 'org_reader' };
}

function membership(db: Db, caller: Caller) {
  return db
    .selectFrom('org_users')
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select(['orgs.id as org_id', 'org_users.user_right', 'orgs.require_apikey_expiration'])
    .where('org_users.user_id', '=', caller.user_id)
    .where('org_users.is_invite', '=', false);
}

interface MembershipRow {
  org_id: string;
  user_right: UserRight;
  require_apikey_expiration: boolean;
}

function limited(caller: Caller, row: MembershipRow): Grant | undefined {
  if (caller.limited_to_orgs.length > 0 && !caller.limited_to_orgs.includes(row.org_id)) return undefined;
  const most = mostByMode[caller.mode];
  const right = rank(row.user_right) < rank(most) ? row.user_right : most;
  return { org_id: row.org_id, right, require_apikey_expiration: row.require_apikey_expiration };
}

/** Restricts a query over `apps` to those the caller may read. */
export const readableApps = (caller: Caller) => sql<boolean>`
  apps.owner_org in (select org_id from org_users where user_id = ${caller.user_id} and not is_invite)
  and (${caller.limited_to_orgs.length === 0} or apps.owner_org = any(${[...caller.limited_to_orgs]}::uuid[]))
  and (${caller.limited_to_apps.length === 0} or apps.app_id = any(${[...caller.limited_to_apps]}::text[]))`;

/** Restricts a query over `orgs` to those the caller may read. */
export const readableOrgs = (caller: Caller) => sql<boolean>`
  orgs.id in (select org_id from org_users where user_id = ${caller.user_id} and not is_invite)
  and (${caller.limited_to_orgs.length === 0} or orgs.id = any(${[...caller.limited_to_orgs]}::uuid[]))
  and (${caller.limited_to_apps.length === 0} or exists (
    select from apps where apps.owner_org = orgs.id and apps.app_id = any(${[...caller.limited_to_apps]}::text[])))`;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** PostgreSQL answers other text in a uuid comparison with an error. */
export const isUuid = (text: string): boolean => uuidPattern.test(text);
