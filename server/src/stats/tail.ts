// The events of an app in the order of their arrival, a page at a time, for who follows them live.

import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isAtPlace, type PlaceFilter } from './outcome-filter.ts';

/**
 * An event gets its time before it is committed, and is shown so much later: then those of its time are there, a cursor can
 * stand on it, and who comes back with the cursor gets none twice and misses none.
 */
export const SETTLE_MS = 2_000;
/** A device reports what happened days ago; partitions that are older are not looked at. */
const DAYS_BACK = 3;

interface TailFilter extends PlaceFilter {
  action?: string;
  device_id?: string;
}

interface TailRow {
  device_id: string;
  action: string;
  version_name: string | null;
  bundle_name: string;
  channel: string;
  platform: string;
  version_build: string | null;
  occurred_at: Date;
  received_at: Date;
  metadata: Record<string, string> | null;
  id: string;
}

const cursorPattern = /^(\d{1,17})-(\d{1,10})-(\d{1,10})-(\d{1,10})$/;

/** Whether a text is the id of an event. */
export const isCursor = (text: string): boolean => cursorPattern.test(text);

/** Stands before everything that arrives from `ms` on. */
export const cursorAt = (ms: number): string => cursorAtMicros(ms * 1_000);

const cursorAtMicros = (micros: number): string => `${micros}-0-0-0`;

/**
 * Events after the cursor that have settled, oldest first. `cursor` stands after all that was looked at, also where nothing matched:
 * who asks with it again looks at nothing twice.
 */
export async function readTail(db: Db, filter: TailFilter, cursor: string, now: Date, limit: number) {
  const [, micros = '0', table = '0', page = '0', row = '0'] = cursorPattern.exec(cursor) ?? [];
  const after = sql`timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond'`;
  const until = new Date(now.getTime() - SETTLE_MS);
  const { rows } = await sql<TailRow>`
    select device_id, action, version_name, bundle_name, channel, platform, version_build, occurred_at, received_at, metadata,
      (extract(epoch from received_at) * 1000000)::bigint || '-' || tableoid || translate(ctid::text, '(,)', '--') as id
    from stats_events
    where ${isAsked(filter)} and day >= (now() at time zone 'utc')::date - ${DAYS_BACK}::integer
      and received_at >= ${after} and received_at <= ${until}
      and (received_at, tableoid, ctid) > (${after}, ${table}::oid, ${`(${page},${row})`}::text::tid)
    order by received_at, tableoid, ctid limit ${limit}`.execute(db);
  const events = rows.map(({ id, bundle_name, channel, ...event }) => ({
    id,
    event: { ...event, bundle: bundle_name || null, channel: channel || null },
  }));
  const isWhole = rows.length < limit;
  const last = events.at(-1)?.id ?? cursor;
  return { events, cursor: isWhole ? laterOf(cursor, cursorAtMicros(until.getTime() * 1_000 + 1)) : last };
}

/** A cursor may stand in what has not settled: of a clock that runs ahead, or just given out. */
const laterOf = (a: string, b: string): string => (microsOf(a) > microsOf(b) ? a : b);
const microsOf = (cursor: string): number => Number(cursor.slice(0, cursor.indexOf('-')));

function isAsked({ action, device_id, ...place }: TailFilter): RawBuilder<boolean> {
  const conditions = [
    isAtPlace(place),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(device_id === undefined ? [] : [sql`device_id = ${device_id}`]),
  ];
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}
