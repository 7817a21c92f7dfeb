// Rollouts under way, for the guard that looks after them.

import type { Db } from '../db/database.ts';
import { type ChannelRow, channelColumns } from './channel-rows.ts';
import { isRollingOut } from './sql.ts';

/** Channels of all apps whose rollout is under way and to be guarded. */
export function listGuardedRollouts(db: Db): Promise<ChannelRow[]> {
  return db
    .selectFrom('channels as c')
    .select(channelColumns)
    .where('auto_pause_enabled', '=', true)
    .where(isRollingOut)
    .orderBy('id')
    .execute();
}

/** The channel as it is now, if the rollout that was judged is still the one under way. */
export function findSameRollout(
  trx: Db,
  { app_id, id, rollout_id, rollout_version, rollout_percentage_bps }: ChannelRow,
): Promise<ChannelRow | undefined> {
  return trx
    .selectFrom('channels as c')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where('rollout_id', '=', rollout_id)
    .where('rollout_version', '=', rollout_version)
    .where('rollout_percentage_bps', '=', rollout_percentage_bps)
    .where(isRollingOut)
    .executeTakeFirst();
}

/** Not an event worth an audit entry; a rollout that nobody reports on is checked all the same. */
export async function noteRolloutCheck(db: Db, { app_id, id }: ChannelRow, now: Date): Promise<void> {
  await db
    .updateTable('channels')
    .set({ auto_pause_last_checked_at: now })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .execute();
}
