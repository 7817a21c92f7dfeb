// Takes a message back: what is still queued is not sent; phones that have it are asked to remove it where that works.

import { sql } from 'kysely';
import { acceptPush, cancelQueued } from './accept.ts';
import type { PushApp } from './apps.ts';
import { pushError } from './errors.ts';
import { parseMsgId } from './fields.ts';
import { parseRequest } from './request.ts';
import type { PushRoom } from './room.ts';

/** One message for every way to be wrong, with the reason after it. */
const notThere = (reason: string) => pushError(21003, `msg_id not exist: ${reason}`);

/** A second withdrawal fails, as does one after 24 hours. */
export async function withdrawMessage(room: PushRoom, app: PushApp, text: string): Promise<void> {
  const msg_id = parseMsgId(text);
  if (msg_id === undefined) throw notThere('not a number');
  await room.db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('push_messages')
      .set({ state: 'withdrawn', finished_at: new Date() })
      .where('app_id', '=', app.app_id)
      .where('msg_id', '=', msg_id)
      .where('state', '<>', 'withdrawn')
      .where('created_at', '>', sql<Date>`now() - interval '1 day'`)
      .returning('msg_id')
      .executeTakeFirst();
    if (!row) throw notThere('unknown, withdrawn already, or older than a day');
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
    if (reached) await acceptPush(room, trx, app, removal(msg_id), {}).catch(ignoreNobody);
  });
}

function removal(msg_id: number) {
  return parseRequest({
    to: 'all',
    body: {
      platform: 'android',
      message: { msg_content: '', extras: { _action: 'withdraw', withdrawn_msg_id: String(msg_id) } },
      options: { time_to_live: 86_400 },
    },
  });
}

/** Nobody left to tell is no failure of the withdrawal. */
function ignoreNobody(error: unknown): void {
  if (error instanceof Error && 'detail' in error) return;
  throw error;
}
