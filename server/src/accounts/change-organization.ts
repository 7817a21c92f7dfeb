// Making, changing and deleting organizations.

import type { CreateOrganization, UpdateOrganization } from '@overair/protocol/manage/organization';
import { organizationSettings } from '@overair/protocol/manage/organization-settings';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { sql, type Updateable } from 'kysely';
import type { Db } from '../db/database.ts';
import { plainChange } from '../db/settings.ts';
import type { KeyBinding, OrgsTable } from '../db/tables/accounts.ts';
import { isUniqueViolation } from '../db/violations.ts';
import { AppError } from '../errors.ts';
import { recordChange } from './audit.ts';
import type { Actor, Caller } from './caller.ts';
import { addMember } from './member-rows.ts';
import { type OrgRow, orgColumns, presentOrg } from './organizations.ts';
import { normaliseImage, stripTags } from './plain-text.ts';

const invalidBody = (error: unknown) => new AppError('invalid_body', 400, 'Invalid body', { error });
const nameTooShort = () =>
  invalidBody({ issues: [{ code: 'minLength', path: ['name'], message: 'name is too short' }], name: 'SchemaError' });

/** The caller becomes its super admin. Returns its id. */
export async function createOrganization(
  db: Db,
  caller: Caller,
  actor: Actor,
  input: CreateOrganization,
): Promise<string> {
  const name = stripTags(input.name);
  if (name.length < 3) throw nameTooShort();
  const values = {
    name,
    created_by: caller.user_id,
    management_email: stripTags(input.email ?? caller.user_email),
    website: normaliseWebsite(input.website),
  };
  try {
    return await db.transaction().execute(async (trx) => {
      const after = await trx.insertInto('orgs').values(values).returning(orgColumns).executeTakeFirstOrThrow();
      await addMember(trx, { org_id: after.id, user_id: caller.user_id, user_right: 'super_admin' });
      await extendLimitedKeys(trx, caller, after.id);
      await recordOrg(trx, actor, undefined, after);
      return after.id;
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('cannot_create_org', 400, 'Cannot create org', { name });
    throw error;
  }
}

/** A key limited to organizations that may make new ones can use what it made. */
async function extendLimitedKeys(trx: Db, { keys }: Caller, org_id: string): Promise<void> {
  for (const { key_id, bindings, limited_to_orgs } of keys) {
    const change = bindings !== null ? bindingAdded(org_id) : limited_to_orgs.length > 0 ? orgAdded(org_id) : undefined;
    if (change) await trx.updateTable('apikeys').set(change).where('id', '=', key_id).execute();
  }
}

const orgAdded = (org_id: string) => ({
  limited_to_orgs: sql<string[]>`array_append(limited_to_orgs, ${org_id}::uuid)`,
});

const bindingAdded = (org_id: string) => {
  const binding: KeyBinding = {
    role_name: 'org_super_admin',
    scope_type: 'org',
    org_id,
    app_id: null,
    channel_id: null,
    reason: 'made with this key',
  };
  return { bindings: sql<string>`bindings || ${JSON.stringify([binding])}::jsonb` };
};

/** Null and '' are none. A scheme is added where none is; only http and https are websites. */
function normaliseWebsite(website: string | null | undefined): string | null {
  const text = website?.trim();
  if (!text) return null;
  const hasScheme = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/:]+:\d+(\/|$)/.test(text);
  const withScheme = hasScheme ? text : `https://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !isWeb || url.username || url.password) throw invalidBody('website_must_be_a_valid_url');
  return url.href;
}

export async function updateOrganization(db: Db, caller: Caller, actor: Actor, input: UpdateOrganization) {
  // Who demands it without having it would be shut out of the organization, and nobody could take it back.
  if (input.enforcing_2fa === true && !caller.session?.second_factor_at) {
    throw new AppError('requires_2fa_to_enforce_2fa', 400, 'You need two-factor sign-in yourself to demand it');
  }
  const change = changeOf(input);
  return db.transaction().execute(async (trx) => {
    const before = await lockOrg(trx, input.orgId);
    if (!before) throw new AppError('cannot_update_org', 400, 'Cannot update org');
    const after = await trx
      .updateTable('orgs')
      .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
      .where('id', '=', input.orgId)
      .returning(orgColumns)
      .executeTakeFirstOrThrow();
    await recordOrg(trx, actor, before, after);
    return presentOrg(after);
  });
}

function changeOf(input: UpdateOrganization) {
  const { logo, website, management_email, password_policy_config } = input;
  const name = input.name === undefined ? undefined : stripTags(input.name);
  if (name === '') throw nameTooShort();
  return withoutUndefined<Updateable<OrgsTable>>({
    ...plainChange(organizationSettings, input),
    name,
    logo: logo === undefined ? undefined : normaliseImage(logo) || null,
    website: website === undefined ? undefined : normaliseWebsite(website),
    management_email: management_email === undefined ? undefined : stripTags(management_email),
    password_policy_config: password_policy_config && JSON.stringify(password_policy_config),
  });
}

/** Takes the organization's row lock: members and settings change one after the other. */
export async function lockOrg(trx: Db, org_id: string): Promise<OrgRow | undefined> {
  return trx.selectFrom('orgs').select(orgColumns).where('id', '=', org_id).forNoKeyUpdate().executeTakeFirst();
}

/**
 * Deletes the organization once `removeApps` has taken its apps, in the same transaction. The audit log stays,
 * the id is never used again, and no webhook tells of it: they are gone too.
 */
export async function deleteOrganization(
  db: Db,
  actor: Actor,
  org_id: string,
  removeApps: (trx: Db, org_id: string) => Promise<string[]>,
): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('orgs')
      .select(orgColumns)
      .where('id', '=', org_id)
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw new AppError('cannot_delete_organization', 400, 'Cannot delete organization');
    const removed = await removeApps(trx, org_id);
    await trx.deleteFrom('orgs').where('id', '=', org_id).execute();
    await trx.insertInto('deleted_orgs').values({ org_id }).execute();
    await recordOrg(trx, actor, before, undefined);
    return removed;
  });
}

function recordOrg(trx: Db, actor: Actor, before: OrgRow | undefined, after: OrgRow | undefined): Promise<void> {
  const { id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id: id, table_name: 'orgs', record_id: id, before, after });
}
