// What clients tell about a message: received, shown, clicked. Each counts once per device.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { noteActive } from '../audience/devices.ts';
import { type CallbackStatus, queueCallbackRows } from '../callbacks/callback-rows.ts';
import { wakeCallbacks } from '../callbacks/callbacks.ts';
import { listCallbackIds } from '../message/stored-message.ts';
import type { PushRoom } from '../room.ts';
import { addCounts } from './counts.ts';

export type ReportType = 'received' | 'displayed' | 'clicked' | 'closed';

const CHANGES = {
  received: { column: 'delivered_at', counter: 'delivered', status: 'delivered' },
  displayed: { column: 'displayed_at', counter: 'impressions', status: 'impression' },
  clicked: { column: 'clicked_at', counter: 'clicks', status: 'click' },
} as const satisfies Record<string, { column: string; counter: string; status: CallbackStatus }>;

/** Only devices that were targets count; repetitions change nothing. */
export async function recordReport(
  room: PushRoom,
  app_id: string,
  device: { id: number; registration_id: string },
  msg_id: number,
  types: readonly ReportType[],
): Promise<void> {
  const callbacks = await room.db.transaction().execute(async (trx) => {
    await touch(trx, app_id, device.id);
    return recordChanges(trx, app_id, device.registration_id, msg_id, types);
  });
  await wakeCallbacks(room, callbacks);
}

async function recordChanges(
  trx: Db,
  app_id: string,
  registration_id: string,
  msg_id: number,
  types: readonly ReportType[],
): Promise<readonly string[]> {
  const message = await trx
    .selectFrom('push_messages')
    .select(['msg_id', 'sender', 'custom_args', 'created_at', 'group_key'])
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id)
    .executeTakeFirst();
  if (!message) return [];
  const callback_ids = await listCallbackIds(trx, app_id, message.group_key);
  const now = new Date();
  for (const type of impliedBy(types)) {
    const { column, counter, status } = CHANGES[type];
    const changed = await sql<{ kind: string; platform: string; bucket: string; channel_message_id: string | null }>`
      update push_deliveries set ${sql.ref(column)} = now(), updated_at = now()
      where app_id = ${app_id} and msg_id = ${msg_id} and registration_id = ${registration_id}
        and state in ('sent', 'queued') and ${sql.ref(column)} is null
      returning kind, platform, bucket, channel_message_id`.execute(trx);
    if (changed.rows.length === 0) continue;
    const counts = changed.rows.map((row) => ({ ...row, [counter]: 1 }));
    await addCounts(trx, app_id, msg_id, now, counts);
    const changes = changed.rows.map((row) => ({
      ...row,
      registration_id,
      status,
      error_code: 0,
      error_message: '',
    }));
    await queueCallbackRows(trx, { ...message, callback_ids }, changes, now);
  }
  return callback_ids;
}

/** What was clicked was shown, and what was shown was received: a lost report is made good by the next. */
function impliedBy(types: readonly ReportType[]): (keyof typeof CHANGES)[] {
  if (types.includes('clicked')) return ['received', 'displayed', 'clicked'];
  if (types.includes('displayed') || types.includes('closed')) return ['received', 'displayed'];
  return types.includes('received') ? ['received'] : [];
}

async function touch(trx: Db, app_id: string, device: number): Promise<void> {
  await trx
    .updateTable('push_devices')
    .set({ last_seen_at: new Date(), active_hour: new Date().getUTCHours() })
    .where('app_id', '=', app_id)
    .where('id', '=', device)
    .execute();
  await noteActive(trx, app_id, device);
}
