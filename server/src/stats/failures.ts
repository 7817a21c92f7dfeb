// What fails, in groups of one bundle, one action and one message.

import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isAtPlace, type OutcomeFilter } from './outcome-filter.ts';
import { type Signal, signalOf } from './outcome-words.ts';
import { readRunners } from './outcomes.ts';

type FailureClass = 'bundle' | 'network' | 'device' | 'crash';

const classes: Partial<Record<Signal, FailureClass>> = {
  start_failed: 'bundle',
  bundle_failed: 'bundle',
  network_failed: 'network',
  device_failed: 'device',
  crashed: 'crash',
};

const TREND_PARTS = 12;

/** The predicate of the index `stats_events_by_failure`, word by word: another one would not use it. */
const mayFail = sql`(action like '%\\_fail' or action like 'webview\\_%' or action like 'app\\_crash%'
  or action in ('app_anr', 'app_launch_timeout'))`;

/** Numbers, ids and addresses differ from device to device, and the message is the same. */
const fingerprint = sql`substr(md5(regexp_replace(lower(left(coalesce(message, ''), 500)),
  'https?://[^ )"'']+|0x[0-9a-f]+|[0-9a-f]{8,}|[0-9]+', '#', 'g')), 1, 12)`;

interface FailureQuery extends OutcomeFilter {
  from: Date;
  to: Date;
  action?: string;
  class?: FailureClass;
  limit: number;
}

interface GroupRow {
  bundle_name: string;
  action: string;
  fingerprint: string;
  message: string | null;
  events: number;
  devices: number;
  first_at: Date;
  last_at: Date;
  trend: number[];
  examples: string[];
}

/** Groups with the most devices first. Only devices count that this server knows to have, or to have been offered, the bundle. */
export async function readFailures(db: Db, query: FailureQuery, now: Date) {
  const actions = query.class && (await listActions(db, query)).filter((action) => classOf(action) === query.class);
  const { from, to } = query;
  const part = sql`least(${TREND_PARTS}, 1 + floor(extract(epoch from occurred_at - ${from}::timestamptz)
    / extract(epoch from ${to}::timestamptz - ${from}::timestamptz) * ${TREND_PARTS}))`;
  const trend = Array.from({ length: TREND_PARTS }, (_, at) => sql`count(*) filter (where part = ${sql.lit(at + 1)})`);
  const { rows } = await sql<GroupRow>`
    with failed as materialized (
      select bundle_name, action, device_id, occurred_at, ${part} as part,
        coalesce(metadata ->> 'message', metadata ->> 'error', metadata ->> 'reason', metadata ->> 'description') as message
      from stats_events e
      where ${isAskedEvent(query)} ${actions === undefined ? sql`` : sql`and action = any(${actions}::text[])`}
    )
    select bundle_name, action, ${fingerprint} as fingerprint, (array_agg(message order by occurred_at desc))[1] as message,
      count(*)::float8 as events, count(distinct device_id)::float8 as devices, min(occurred_at) as first_at,
      max(occurred_at) as last_at, array[${sql.join(trend)}]::float8[] as trend,
      (array_agg(distinct device_id))[1:5] as examples
    from failed group by 1, 2, 3 order by devices desc, events desc, bundle_name, action, fingerprint
    limit ${query.limit}`.execute(db);
  const runners = await readRunners(db, query, [...new Set(rows.map(({ bundle_name }) => bundle_name))], now);
  return rows.map(({ bundle_name, ...row }) => {
    const { running, ever } = runners.get(bundle_name) ?? { running: 0, ever: 0 };
    const rate = ever > 0 ? row.devices / ever : null;
    return { bundle: bundle_name || null, class: classOf(row.action), ...row, running, rate };
  });
}

/** What no class holds is a failure of a kind that a newer plugin has. */
const classOf = (action: string): FailureClass | 'other' => classes[signalOf(action) ?? 'offered'] ?? 'other';

/** Which actions failed in this time: classes are a matter of the program, not of the database. */
async function listActions(db: Db, query: FailureQuery): Promise<string[]> {
  const { rows } = await sql<{ action: string }>`
    select distinct action from stats_events e where ${isAskedEvent(query)}`.execute(db);
  return rows.map(({ action }) => action);
}

function isAskedEvent(query: FailureQuery): RawBuilder<boolean> {
  const { builds = 'production', action, from, to } = query;
  const isReal = sql`(is_prod and not is_emulator)`;
  const conditions = [
    isAtPlace(query),
    mayFail,
    sql`action not in ('webview_dom_content_loaded', 'webview_page_loaded')`,
    sql`occurred_at >= ${from} and occurred_at < ${to}`,
    // Partitions of other days are not looked at.
    sql`day >= (${from}::timestamptz at time zone 'utc')::date and day <= (${to}::timestamptz at time zone 'utc')::date`,
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(builds === 'all' ? [] : [builds === 'test' ? sql`not ${isReal}` : isReal]),
    sql`(bundle_name = '' or exists (select from device_outcomes o
      where o.device_id = e.device_id and o.app_id = e.app_id and o.bundle_name = e.bundle_name))`,
  ];
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}
