// The further tokens of an iPhone: for VoIP calls and for live activities.

import type { PushRoom } from '../room.ts';
import { sealAddress } from '../transports/sealed-address.ts';
import type { Address } from '../transports/transport.ts';

/** A device, by its row. */
interface DeviceOf {
  readonly app_id: string;
  readonly device: number;
}

export async function registerVoipToken(
  room: PushRoom,
  { app_id, device }: DeviceOf,
  { secret }: Address,
): Promise<void> {
  await room.db
    .updateTable('push_devices')
    .set({ voip_sealed: sealAddress(room.vault, app_id, secret) })
    .where('app_id', '=', app_id)
    .where('id', '=', device)
    .execute();
}

/** The id `start` is the phone's push-to-start token. */
export async function registerLiveActivity(
  room: PushRoom,
  { app_id, device }: DeviceOf,
  live_activity_id: string,
  { secret }: Address,
): Promise<void> {
  const sealed = sealAddress(room.vault, app_id, secret);
  await room.db
    .insertInto('push_live_activities')
    .values({ app_id, live_activity_id, device, sealed })
    .onConflict((conflict) => conflict.columns(['app_id', 'live_activity_id', 'device']).doUpdateSet({ sealed }))
    .execute();
}

export async function endLiveActivity(
  room: PushRoom,
  { app_id, device }: DeviceOf,
  live_activity_id: string,
): Promise<void> {
  await room.db
    .deleteFrom('push_live_activities')
    .where('app_id', '=', app_id)
    .where('live_activity_id', '=', live_activity_id)
    .where('device', '=', device)
    .execute();
}
