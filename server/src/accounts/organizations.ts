// Organizations: who owns apps.

import type { PasswordPolicy } from '@overair/protocol/manage/organization';
import { organizationSettings } from '@overair/protocol/manage/organization-settings';
import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { pageOffset } from '../db/page-offset.ts';
import { settingColumns } from '../db/settings.ts';
import type { OrgsTable } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { PLACEHOLDER_EMAIL } from './first-key.ts';
import { readableOrgs } from './permissions.ts';
import { shownImage } from './plain-text.ts';

export const orgColumns = [
  'id',
  'created_by',
  'name',
  'logo',
  'management_email',
  'website',
  'password_policy_config',
  ...settingColumns(organizationSettings),
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof OrgsTable)[];

export type OrgRow = Selectable<OrgsTable>;

const PAGE_SIZE = 50;

/** The row as the API shows it. */
export const presentOrg = (row: OrgRow) => ({
  ...row,
  logo: shownImage(row.logo) || null,
  customer_id: null,
  // Written from the same schema as it is read by.
  password_policy_config: row.password_policy_config as PasswordPolicy | null,
});

/** Where each of these organizations is written to; the owner's placeholder is no address. */
export async function findManagementAddresses(
  db: Db,
  org_ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('orgs')
    .select(['id', 'management_email'])
    .where('id', 'in', org_ids)
    .where('management_email', 'not in', ['', PLACEHOLDER_EMAIL])
    .execute();
  return new Map(rows.map(({ id, management_email }) => [id, management_email]));
}

/** Oldest first. Only what the caller may read, and whose demands on keys this key meets. */
export async function listOrganizations(db: Db, caller: Caller, page: number) {
  const rows = await db
    .selectFrom('orgs')
    .select(orgColumns)
    .where(readableOrgs(caller))
    .where(sql<boolean>`(not require_apikey_expiration or ${caller.expires_at !== null})`)
    .orderBy('created_at')
    .orderBy('id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  return rows.map(presentOrg);
}

export async function getOrganization(db: Db, org_id: string) {
  const row = await db.selectFrom('orgs').select(orgColumns).where('id', '=', org_id).executeTakeFirst();
  if (!row) throw new AppError('invalid_org_id', 400, "You can't access this organization");
  return presentOrg(row);
}
