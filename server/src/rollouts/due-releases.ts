// Which releases the guard has to look at, and from when on: an owner may have thousands of apps that are quiet.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ReleaseRow } from '../releases/release-record.ts';

/** An event arrives before its commit: so much is read again each time. A device that was counted is not counted twice. */
export const OVERLAP_MS = 2 * 60_000;

const overlap = sql.raw(`interval '${OVERLAP_MS} milliseconds'`);

/** Releases under way of whose app something arrived since they were looked at, or lately: what arrived before may be committed now. */
export async function listDue(db: Db, now: Date): Promise<ReleaseRow[]> {
  const { rows } = await sql<ReleaseRow>`
    select r.* from releases r
    join channels c on c.id = r.channel_id and c.app_id = r.app_id
    left join release_guards g on g.release_id = r.id
    where r.ended_at is null and r.bundle_id is not null and r.is_judged
      and (g.read_until > ${now}::timestamptz - ${overlap} or exists (
        select from stats_events e
        where e.app_id = r.app_id and e.received_at > coalesce(g.read_until, r.started_at)))
    order by r.id`.execute(db);
  return rows;
}

/** When the first event of the app arrived after a moment: nothing has to be read before. */
export async function findFirstArrival(db: Db, app_id: string, after: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(received_at) as at from stats_events where app_id = ${app_id} and received_at > ${after}`.execute(db);
  return rows[0]?.at ?? undefined;
}

/** When the last event of the app arrived until a moment. */
export async function findLastArrival(db: Db, app_id: string, until: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(received_at) as at from stats_events where app_id = ${app_id} and received_at <= ${until}`.execute(db);
  return rows[0]?.at ?? undefined;
}
