// The log of one device: what it reported and what it was told, in the order in which it arrived.

import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';

const MAX_ROWS = 1_000;

interface LogQuery {
  app_id: string;
  device_id: string;
  /** A cursor of an earlier page: only later rows, oldest first. Without one: the latest rows. */
  after?: string;
  limit: number;
}

/** To the microsecond, so that a cursor does not stand before a row of its own millisecond. */
const exactTime: RawBuilder<string> = sql`to_char(received_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export async function readLog(db: Db, { app_id, device_id, after, limit }: LogQuery) {
  const since = after !== undefined && !Number.isNaN(Date.parse(after)) ? after : undefined;
  const rows = await db
    .selectFrom('stats_events')
    .select(['action', 'version_name', 'bundle_name', 'channel', 'occurred_at', 'received_at', 'metadata'])
    .select(exactTime.as('exact_time'))
    .where('app_id', '=', app_id)
    .where('device_id', '=', device_id.toLowerCase())
    .$if(since !== undefined, (query) => query.where('received_at', '>', sql<Date>`${since}::timestamptz`))
    .orderBy('received_at', since === undefined ? 'desc' : 'asc')
    .orderBy('occurred_at', since === undefined ? 'desc' : 'asc')
    .limit(Math.min(limit, MAX_ROWS))
    .execute();
  const inOrder = since === undefined ? rows.reverse() : rows;
  return {
    data: inOrder.map(({ bundle_name, channel, exact_time: _, ...row }) => ({
      ...row,
      bundle: bundle_name || null,
      channel: channel || null,
    })),
    cursor: inOrder.at(-1)?.exact_time ?? since ?? new Date(0).toISOString(),
  };
}
