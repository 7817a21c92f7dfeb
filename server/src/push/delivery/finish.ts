// Closes a message when nothing of it is left to send.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

/**
 * The state of a message, which stays until the end of the transaction. Comes before every lock on the message's walks and deliveries:
 * a withdrawal takes them in this order. `mayFinish`: as `finishMessage` locks it, which cannot be had later by two at once.
 */
export async function lockMessage(
  trx: Db,
  app_id: string,
  msg_id: number,
  { mayFinish = false } = {},
): Promise<string | undefined> {
  const message = trx
    .selectFrom('push_messages')
    .select('state')
    .where('app_id', '=', app_id)
    .where('msg_id', '=', msg_id);
  const row = await (mayFinish ? message.forUpdate() : message.forShare()).executeTakeFirst();
  return row?.state;
}

export async function finishMessage(db: Db, app_id: string, msg_id: number): Promise<void> {
  // Two parts that end at once would each see the other's as open: the second waits, and looks when the first has committed.
  await lockMessage(db, app_id, msg_id, { mayFinish: true });
  await sql`update push_messages m set state = 'sent', finished_at = now()
    where m.app_id = ${app_id} and m.msg_id = ${msg_id} and m.state = 'queued'
      and not exists (select 1 from push_walks w where w.msg_id = m.msg_id and not w.done)
      and not exists (select 1 from push_deliveries d where d.msg_id = m.msg_id and d.state = 'queued')`.execute(db);
}
