// Access to an organization by name of its id, with the organization's own demands on keys.

import type { Caller } from '../../accounts/caller.ts';
import { allows, findGrant, type Grant } from '../../accounts/permissions.ts';
import type { Permission } from '../../accounts/rights.ts';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';

/** The grant, or the route's own refusal; then the refusal of a key that never expires, where the organization asks. */
export async function orgGrant(
  db: Db,
  caller: Caller,
  permission: Permission,
  org_id: string,
  refuse: () => AppError,
): Promise<Grant> {
  const grant = await findGrant(db, caller, { org_id });
  if (!grant || !allows(grant, permission)) throw refuse();
  assertExpiring(caller, grant);
  return grant;
}

export function assertExpiring(caller: Caller, grant: Grant): void {
  if (!grant.require_apikey_expiration || caller.expires_at !== null) return;
  throw new AppError(
    'org_requires_expiring_key',
    401,
    'This organization requires API keys with an expiration date. Please use a different key or update this key with an expiration date.',
  );
}
