// What an owner changes of groups: each change in one transaction with its entry in the audit log.

import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { createGroup, listGroupMembers, type PushGroup, rotateGroupSecret, setGroupApps } from './apps.ts';
import { type By, record } from './owner-audit.ts';

const noGroup = () => new AppError('group_not_found', 404, 'Group not found');

/** Throws when it is none of this organization. */
export async function getGroup(db: Db, owner_org: string, group_key: string): Promise<PushGroup> {
  const group = await db
    .selectFrom('push_groups')
    .select(['group_key', 'owner_org', 'name', 'enabled'])
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .executeTakeFirst();
  if (!group) throw noGroup();
  return group;
}

/** The group with its apps, locked, so that changes of one group follow each other. */
async function lockGroup(trx: Db, owner_org: string, group_key: string) {
  const group = await trx
    .selectFrom('push_groups')
    .select(['group_key', 'owner_org', 'name', 'secret_hash', 'enabled', 'created_at', 'updated_at'])
    .where('owner_org', '=', owner_org)
    .where('group_key', '=', group_key)
    .forUpdate()
    .executeTakeFirst();
  if (!group) throw noGroup();
  return { ...group, app_ids: await listGroupMembers(trx, group_key) };
}

/** The group's secret is in this answer and in no other. Throws when one of the apps cannot be a member. */
export async function addGroup(db: Db, by: By, name: string, app_ids: readonly string[]) {
  return db.transaction().execute(async (trx) => {
    const created = await createGroup(trx, { owner_org: by.org_id, name });
    await setGroupApps(trx, { group_key: created.group_key, owner_org: by.org_id }, app_ids);
    const after = await lockGroup(trx, by.org_id, created.group_key);
    await record(trx, by, 'push_groups', created.group_key, { after });
    return created;
  });
}

interface GroupChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly app_ids?: readonly string[];
}

/** `app_ids` replaces the members. */
export async function updateGroup(db: Db, by: By, group_key: string, change: GroupChange): Promise<void> {
  const { app_ids, ...settings } = change;
  await changeGroup(db, by, group_key, async (trx) => {
    await trx
      .updateTable('push_groups')
      .set({ ...settings, updated_at: new Date() })
      .where('owner_org', '=', by.org_id)
      .where('group_key', '=', group_key)
      .execute();
    if (app_ids) await setGroupApps(trx, { group_key, owner_org: by.org_id }, app_ids);
  });
}

/** A new secret; the one before still opens for a day. */
export const rotateSecretOfGroup = (db: Db, by: By, group_key: string): Promise<string> =>
  changeGroup(db, by, group_key, async (trx) => {
    const secret = await rotateGroupSecret(trx, by.org_id, group_key);
    if (secret === undefined) throw noGroup();
    return secret;
  });

async function changeGroup<T>(db: Db, by: By, group_key: string, change: (trx: Db) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    const before = await lockGroup(trx, by.org_id, group_key);
    const result = await change(trx);
    await record(trx, by, 'push_groups', group_key, { before, after: await lockGroup(trx, by.org_id, group_key) });
    return result;
  });
}

export async function deleteGroup(db: Db, by: By, group_key: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await lockGroup(trx, by.org_id, group_key);
    await trx.deleteFrom('push_groups').where('owner_org', '=', by.org_id).where('group_key', '=', group_key).execute();
    await record(trx, by, 'push_groups', group_key, { before });
  });
}
