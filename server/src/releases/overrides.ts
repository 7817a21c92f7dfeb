// Overrides: single devices forced onto a channel.

import { sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findChannel } from './channels.ts';

export const channelNotFound = (channel: string) =>
  new AppError('channel_not_found', 404, 'Cannot find channel', { channel });

/** The device need not have been seen yet. A second override replaces the first. */
export async function setOverride(
  db: Db,
  actor: Actor,
  grant: Grant,
  { app_id, device_id, channel }: { app_id: string; device_id: string; channel: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const app = await lockApp(trx, app_id);
    const target = app && (await findChannel(trx, app_id, channel));
    if (!app || !target) throw channelNotFound(channel);
    const before = await findOverride(trx, app_id, device_id);
    // It takes the device away from the channel that it was forced to.
    for (const id of [target.id, before?.channel_id]) {
      if (id === undefined || allows(grant, 'channel.manage_forced_devices', id)) continue;
      throw new AppError('cannot_access_channel', 400, "You can't manage forced devices for this channel");
    }
    if (target.public) {
      throw new AppError('public_channel_override', 400, 'Cannot set channel override for public channel', { channel });
    }
    const change = { channel_id: target.id, updated_at: sql<Date>`clock_timestamp()` };
    await trx
      .insertInto('channel_devices')
      .values({ app_id, device_id, owner_org: app.owner_org, ...change })
      .onConflict((conflict) => conflict.columns(['app_id', 'device_id']).doUpdateSet(change))
      .execute();
    await record(trx, actor, app.owner_org, before, { app_id, device_id, channel_id: target.id });
  });
}

/** Removes the override alone; a device without one is no error. */
export async function clearOverride(db: Db, actor: Actor, app_id: string, device_id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const app = await lockApp(trx, app_id);
    const before = app && (await findOverride(trx, app_id, device_id));
    if (!app || !before) return;
    await trx.deleteFrom('channel_devices').where('app_id', '=', app_id).where('device_id', '=', device_id).execute();
    await record(trx, actor, app.owner_org, before, undefined);
  });
}

interface Override {
  app_id: string;
  device_id: string;
  channel_id: number;
}

const findOverride = (trx: Db, app_id: string, device_id: string): Promise<Override | undefined> =>
  trx
    .selectFrom('channel_devices')
    .select(['app_id', 'device_id', 'channel_id'])
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id)
    .executeTakeFirst();

const record = (trx: Db, actor: Actor, org_id: string, before: Override | undefined, after: Override | undefined) =>
  recordChange(trx, actor, {
    org_id,
    table_name: 'devices',
    record_id: (after ?? before)!.device_id,
    before,
    after,
  });
