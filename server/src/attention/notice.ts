// Every minute: looks at everything that may need somebody, and tells when a matter begins and when it is over, once.

import type { AttentionKind } from '@overair/protocol/manage/attention';
import { sql } from 'kysely';
import { findServerOrg } from '../accounts/server-owner.ts';
import type { Db } from '../db/database.ts';
import type { JobQueue } from '../jobs/open.ts';
import { DAY_MS } from '../utc-day.ts';
import { askSource } from './find-matters.ts';
import type { MatterFound } from './matter.ts';
import { noteBegun, noteMissing, noteOver, noteSeen, type Seen } from './noticed.ts';
import { present } from './present.ts';
import type { AttentionRoom } from './room.ts';
import { forgetMails, sendMails } from './send-mails.ts';
import { sources } from './sources.ts';
import { tell } from './ways.ts';

/** Far more than anybody reads; a kind of which there are more begins matters and ends none. */
const LIMIT = 10_000;
const KEPT_DAYS = 90;

export function attentionQueues(room: AttentionRoom): JobQueue[] {
  return [
    { name: 'attention', cron: '* * * * *', run: (_data, signal) => noticeMatters(room, new Date(), signal) },
    { name: 'alert-mails', cron: '* * * * *', run: (_data, signal) => sendMails(room, signal) },
    {
      name: 'attention-retention',
      cron: '50 3 * * *',
      async run() {
        await forgetOver(room.db, new Date());
        await forgetMails(room.db);
      },
    },
  ];
}

/** A source that cannot answer makes no matter of its kind end, and keeps none of the others; the job fails after all were asked. */
export async function noticeMatters(room: AttentionRoom, now: Date, signal?: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  const found: MatterFound[] = [];
  const whole: AttentionKind[] = [];
  // By the clock of the database: of two workers the slower one must not begin again what ended meanwhile.
  const askedAt = await clock(room.db);
  for (const source of sources) {
    signal?.throwIfAborted();
    try {
      const ofKind = await askSource(room, source, { apps: 'all', withServer: true, limit: LIMIT, now });
      found.push(...ofKind);
      if (ofKind.length < LIMIT) whole.push(source.kind);
    } catch (error) {
      errors.push(error);
    }
  }
  await note(room, await seenOf(room.db, found, now), whole, askedAt);
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} kinds of matters could not be looked at`);
}

async function clock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]!.now;
}

/** With the organization that is told. An app that was deleted meanwhile has none. */
async function seenOf(db: Db, found: readonly MatterFound[], now: Date): Promise<Seen[]> {
  const serverOrg = await findServerOrg(db);
  return (await present(db, found, now)).flatMap((matter) => {
    const org_id = matter.app_id === null ? serverOrg : matter.org_id;
    return org_id ? [{ org_id, matter }] : [];
  });
}

/** One transaction: what is noted is told, and what is told is noted, whenever the process dies. */
function note(
  room: AttentionRoom,
  seen: readonly Seen[],
  whole: readonly AttentionKind[],
  askedAt: Date,
): Promise<void> {
  return room.db.transaction().execute(async (trx) => {
    const begun = await noteBegun(trx, seen, askedAt);
    await noteSeen(trx, seen);
    const ids = seen.map(({ matter }) => matter.id);
    const over = await noteOver(trx, ids, whole, askedAt);
    await noteMissing(trx, ids, whole, askedAt);
    await tell(trx, room, [
      ...begun.map((each) => ({ ...each, event: 'begun' as const })),
      ...over.map((each) => ({ ...each, event: 'over' as const })),
    ]);
  });
}

async function forgetOver(db: Db, now: Date): Promise<void> {
  await db
    .deleteFrom('attention_matters')
    .where('over_at', '<', new Date(now.getTime() - KEPT_DAYS * DAY_MS))
    .execute();
}
