// Takes a message back: what is still queued is not sent; phones that have it are asked to remove it where that works.

import { sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import type { Result } from '../delivery/delivery.ts';
import type { JsonObject } from '../fields.ts';
import type { PushApp } from '../owner/apps.ts';
import { isRefusal, refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { acceptPush } from './accept.ts';
import { silentMessage } from './message.ts';
import { cancelQueued } from './store-message.ts';
import { type StoredAudience, unpackAudience } from './stored-form.ts';
import type { StoredMessage } from './stored-message.ts';

/** A second withdrawal fails, as does one after 24 hours. */
export async function withdrawMessage(room: PushRoom, app: PushApp, msg_id: number): Promise<void> {
  await room.db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('push_messages')
      .set({ state: 'withdrawn', finished_at: new Date() })
      .where('app_id', '=', app.app_id)
      .where('msg_id', '=', msg_id)
      .where('state', '<>', 'withdrawn')
      .where('created_at', '>', sql<Date>`now() - interval '1 day'`)
      .returning('audience')
      .executeTakeFirst();
    if (!row) throw refuse('unknown_message', 'unknown, withdrawn already, or older than a day');
    await cancelQueued(trx, app.app_id, msg_id);
    const reached = await trx
      .selectFrom('push_deliveries')
      .select('registration_id')
      .where('app_id', '=', app.app_id)
      .where('msg_id', '=', msg_id)
      .where('platform', '=', 'android')
      .where('state', '=', 'sent')
      .limit(1)
      .executeTakeFirst();
    // Browsers would show a notice for a silent push, and iPhones cannot be told: only Android is asked.
    if (reached) await tellPhones(room, trx, app, msg_id, unpackAudience(row.audience as unknown as JsonObject));
  });
}

/** After a batch that was on its way while its message was withdrawn: nothing of it waits, and whom it reached is told. */
export async function withdrawLate(
  room: PushRoom,
  trx: Transaction<Schema>,
  { app, msg_id, selection }: StoredMessage,
  results: readonly Result[],
): Promise<void> {
  await cancelQueued(trx, app.app_id, msg_id);
  const hasReached = results.some(
    ({ delivery, attempt }) => delivery.target.platform === 'android' && attempt.class === 'ok',
  );
  if (hasReached) await tellPhones(room, trx, app, msg_id, selection);
}

/** A data message to the audience of the withdrawn one; that nobody of it is left is no failure. */
async function tellPhones(
  room: PushRoom,
  trx: Transaction<Schema>,
  app: PushApp,
  msg_id: number,
  { audience }: Pick<StoredAudience, 'audience'>,
): Promise<void> {
  const extras = { _action: 'withdraw', withdrawn_msg_id: String(msg_id) };
  const message = silentMessage(['android'], { msg_content: '', extras });
  try {
    await acceptPush(room, trx, app, { sender: '', request_id: '', custom_args: undefined, audience, message });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
