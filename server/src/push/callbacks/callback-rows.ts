// The rows that owners' servers are told: one per change of a delivery, queued in the transaction of the change.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { channelName } from '../audience/buckets.ts';
import type { StoredMessage } from '../message/stored-message.ts';

export type CallbackStatus =
  | 'plan'
  | 'target_valid'
  | 'target_invalid'
  | 'sent'
  | 'sent_failed'
  | 'delivered'
  | 'delivered_failed'
  | 'impression'
  | 'click'
  | 'withdrawn';

export interface StatusChange {
  readonly registration_id: string;
  readonly platform: string;
  readonly bucket: string;
  readonly status: CallbackStatus;
  readonly error_code: number;
  readonly error_message: string;
  readonly channel_message_id: string | null;
}

/** What a row repeats of its message. */
type CallbackSource = Pick<StoredMessage, 'msg_id' | 'sender' | 'custom_args' | 'created_at' | 'callback_ids'>;

export async function queueCallbackRows(
  db: Db,
  source: CallbackSource,
  changes: readonly StatusChange[],
  now: Date,
): Promise<void> {
  await queue(
    db,
    source.callback_ids,
    changes.map((change) => ({
      ...head(source, now),
      to: change.registration_id,
      server: change.platform === 'web' ? 'WebPush' : 'AppPush',
      channel: channelName(change.bucket),
      status: {
        message_status: change.status,
        status_data: {
          channel_message_id: change.channel_message_id ?? '',
          msg_time: Math.floor(source.created_at.getTime() / 1000),
          plan_user_total: 0,
        },
        error_code: change.error_code,
        error_detail: { message: change.error_message },
      },
    })),
  );
}

/** The row of a message that was accepted, before anybody is reached. */
export async function queuePlanRow(
  db: Db,
  source: CallbackSource,
  { web, skipped }: { web: boolean; skipped: readonly object[] },
  total: number,
  now: Date,
): Promise<void> {
  const row = {
    ...head(source, now),
    server: web ? 'WebPush' : 'AppPush',
    status: {
      message_status: 'plan' satisfies CallbackStatus,
      status_data: {
        channel_message_id: '',
        msg_time: Math.floor(now.getTime() / 1000),
        plan_user_total: total,
        ...(skipped.length > 0 && { skipped }),
      },
      error_code: 0,
      error_detail: { message: '' },
    },
  };
  await queue(db, source.callback_ids, [row]);
}

function head(source: CallbackSource, now: Date): object {
  return {
    message_id: String(source.msg_id),
    from: source.sender,
    custom_args: source.custom_args ?? {},
    itime: Math.floor(now.getTime() / 1000),
  };
}

async function queue(db: Db, callback_ids: readonly string[], rows: readonly object[]): Promise<void> {
  for (const callback_id of callback_ids) {
    await sql`insert into push_callback_outbox (callback_id, row)
      select ${callback_id}::uuid, r from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) r`.execute(db);
  }
}
