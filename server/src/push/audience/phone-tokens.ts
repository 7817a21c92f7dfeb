// The further tokens of an iPhone: for VoIP calls and for live activities.

import { pushError } from '../message/errors.ts';
import { Fields, type JsonObject } from '../message/fields.ts';
import type { PushRoom } from '../room.ts';
import { refuseToken } from './import-tokens.ts';
import { sealToken } from './registration.ts';

function readToken(fields: Fields): string {
  const token = fields.text('token');
  if (!token) throw pushError(21002, 'token');
  const wrong = refuseToken('apns', token);
  if (wrong) throw pushError(21003, `token: ${wrong}`);
  return token;
}

export async function registerVoipToken(
  room: PushRoom,
  app_id: string,
  device: number,
  input: JsonObject,
): Promise<void> {
  const token = readToken(new Fields(input, ''));
  await room.db
    .updateTable('push_devices')
    .set({ voip_sealed: sealToken(room.vault, app_id, token) })
    .where('app_id', '=', app_id)
    .where('id', '=', device)
    .execute();
}

/** `action` is `register` or `end`. The id `start` is the phone's push-to-start token. */
export async function registerLiveActivity(
  room: PushRoom,
  app_id: string,
  device: number,
  input: JsonObject,
): Promise<void> {
  const fields = new Fields(input, '');
  const live_activity_id = fields.text('live_activity_id', 255);
  if (!live_activity_id) throw pushError(21002, 'live_activity_id');
  const action = fields.oneOf('action', ['register', 'end']) ?? 'register';
  if (action === 'end') {
    await room.db
      .deleteFrom('push_live_activities')
      .where('app_id', '=', app_id)
      .where('live_activity_id', '=', live_activity_id)
      .where('device', '=', device)
      .execute();
    return;
  }
  const sealed = sealToken(room.vault, app_id, readToken(fields));
  await room.db
    .insertInto('push_live_activities')
    .values({ app_id, live_activity_id, device, sealed })
    .onConflict((conflict) => conflict.columns(['app_id', 'live_activity_id', 'device']).doUpdateSet({ sealed }))
    .execute();
}
