// The channel that a device chose itself, kept for plugins that cannot keep it. It is an override like any other.

import type { Db } from '../db/database.ts';

/** Nothing happens when the channel is gone meanwhile. */
export async function storeSelfChannel(db: Db, app_id: string, device_id: string, channel: string): Promise<void> {
  await db
    .insertInto('channel_devices')
    .columns(['app_id', 'device_id', 'channel_id', 'owner_org'])
    .expression((eb) =>
      eb
        .selectFrom('channels')
        .select(({ val, ref }) => [
          ref('app_id').as('app_id'),
          val(device_id).as('device_id'),
          ref('id').as('channel_id'),
          ref('owner_org').as('owner_org'),
        ])
        .where('app_id', '=', app_id)
        .where('name', '=', channel),
    )
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'device_id']).doUpdateSet((eb) => ({
        channel_id: eb.ref('excluded.channel_id'),
        updated_at: new Date(),
      })),
    )
    .execute();
}

export async function removeSelfChannel(db: Db, app_id: string, device_id: string): Promise<void> {
  await db.deleteFrom('channel_devices').where('app_id', '=', app_id).where('device_id', '=', device_id).execute();
}
