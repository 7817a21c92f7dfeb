// Sends the mails that wait. A worker claims one before it tries, so of two workers one sends it; one that dies after the mail server took
// it and before that is noted sends it again, under the same Message-ID.

import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { AlertMailsTable } from '../db/tables/attention.ts';
import type { AttentionRoom } from './room.ts';

/** Longer than an attempt takes. */
const CLAIM_SECONDS = 120;
const MOST_ATTEMPTS = 10;
/** After the first failure; doubled with each, up to an hour. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 60 * 60_000;
const KEPT_DAYS = 7;

type Mail = Pick<Selectable<AlertMailsTable>, 'id' | 'recipient' | 'subject' | 'body' | 'attempts'>;

/** All that is due, one after the other. */
export async function sendMails({ db, mail, warn }: AttentionRoom, signal?: AbortSignal): Promise<void> {
  if (mail === undefined) return;
  for (let next = await claim(db); next !== undefined; next = await claim(db)) {
    signal?.throwIfAborted();
    const { id, recipient: to, subject, body: text, attempts } = next;
    try {
      await mail.mailer.send({ id, to, subject, text });
      await db
        .updateTable('alert_mails')
        .set({ status: 'sent', sent_at: new Date(), failure: null })
        .where('id', '=', id)
        .execute();
    } catch (error) {
      const failure = (error as Error).message.slice(0, 500);
      warn({ attempts, reason: failure }, 'an alert could not be mailed');
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
      const status = attempts >= MOST_ATTEMPTS ? ('failed' as const) : ('pending' as const);
      const change = { status, failure, next_attempt_at: new Date(Date.now() + wait) };
      await db.updateTable('alert_mails').set(change).where('id', '=', id).execute();
    }
  }
}

async function claim(db: Db): Promise<Mail | undefined> {
  const { rows } = await sql<Mail>`
    update alert_mails set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${CLAIM_SECONDS})
    where id = (select id from alert_mails where status = 'pending' and next_attempt_at <= now()
      order by next_attempt_at limit 1 for update skip locked)
    returning id, recipient, subject, body, attempts`.execute(db);
  return rows[0];
}

export async function forgetMails(db: Db): Promise<void> {
  await db
    .deleteFrom('alert_mails')
    .where('created_at', '<', sql<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
    .execute();
}
