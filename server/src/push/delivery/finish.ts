// Closes a message when nothing of it is left to send.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export async function finishMessage(db: Db, app_id: string, msg_id: number): Promise<void> {
  // Two parts that end at once would each see the other's as open: the second waits, and looks when the first has committed.
  await sql`select 1 from push_messages where app_id = ${app_id} and msg_id = ${msg_id} for update`.execute(db);
  await sql`update push_messages m set state = 'sent', finished_at = now()
    where m.app_id = ${app_id} and m.msg_id = ${msg_id} and m.state = 'queued'
      and not exists (select 1 from push_walks w where w.msg_id = m.msg_id and not w.done)
      and not exists (select 1 from push_deliveries d where d.msg_id = m.msg_id and d.state = 'queued')`.execute(db);
}
