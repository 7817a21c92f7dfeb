// Who looks after the server itself: the organization that was there first.

import type { Db } from '../db/database.ts';
import type { Caller } from './caller.ts';
import { findOwner } from './first-key.ts';
import { may } from './permissions.ts';
import type { Permission } from './rights.ts';

/** The organization of the server's owner; undefined before the first start is done. */
export async function findServerOrg(db: Db): Promise<string | undefined> {
  return (await findOwner(db))?.org_id;
}

/** For what is about the server: a key or session that reaches all of the owner's organization may do this there. */
export async function mayInServerOrg(db: Db, caller: Caller, permission: Permission): Promise<boolean> {
  const org_id = await findServerOrg(db);
  return org_id !== undefined && (await may(db, caller, permission, { org_id }));
}
