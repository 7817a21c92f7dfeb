// Adds to the counters that statistics are read from: per message, and per day.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { storableText } from '../../storable-text.ts';

export interface CountChange {
  readonly kind: string;
  readonly platform: string;
  readonly bucket: string;
  readonly targets?: number;
  readonly sent?: number;
  readonly delivered?: number;
  readonly impressions?: number;
  readonly clicks?: number;
  readonly failed?: number;
  /** Why it failed. */
  readonly reason?: string | undefined;
}

const MAX_REASON = 200;

const COLUMNS = ['targets', 'sent', 'delivered', 'impressions', 'clicks', 'failed'] as const;

/** `at` decides the day. Sums first, so that a batch touches few rows. */
export async function addCounts(
  db: Db,
  app_id: string,
  msg_id: number,
  at: Date,
  changes: readonly CountChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const perMessage = sum(changes, ['kind', 'platform', 'bucket']);
  const perDay = sum(perMessage, ['platform', 'bucket']);
  const day = at.toISOString().slice(0, 10);
  await sql`insert into push_counts (app_id, msg_id, kind, platform, bucket, ${columns()})
    select ${app_id}::text, ${msg_id}::bigint, r.* from ${records(perMessage, sql`kind text, platform text, bucket text`)}
    order by r.kind, r.platform, r.bucket
    on conflict (msg_id, kind, platform, bucket) do update set ${additions('push_counts')}`.execute(db);
  await sql`insert into push_daily (app_id, day, platform, bucket, ${columns()})
    select ${app_id}::text, ${day}::date, r.* from ${records(perDay, sql`platform text, bucket text`)}
    order by r.platform, r.bucket
    on conflict (app_id, day, platform, bucket) do update set ${additions('push_daily')}`.execute(db);
  await addFailures(db, app_id, msg_id, changes);
}

async function addFailures(db: Db, app_id: string, msg_id: number, changes: readonly CountChange[]): Promise<void> {
  const counts = new Map<string, { platform: string; reason: string; count: number }>();
  for (const { platform, reason } of changes) {
    if (!reason) continue;
    const key = `${platform} ${reason}`;
    const entry = counts.get(key) ?? { platform, reason: storableText(reason, MAX_REASON), count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  }
  if (counts.size === 0) return;
  const rows = [...counts.values()].sort((a, b) => (a.reason < b.reason ? -1 : 1));
  await sql`insert into push_failures (app_id, msg_id, platform, reason, count)
    select ${app_id}::text, ${msg_id}::bigint, r.platform, r.reason, sum(r.count)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(platform text, reason text, count bigint)
    group by r.platform, r.reason
    on conflict (msg_id, platform, reason) do update set count = push_failures.count + excluded.count`.execute(db);
}

type Key = 'kind' | 'platform' | 'bucket';
type Counts = Record<(typeof COLUMNS)[number], number>;
type Sum = Pick<CountChange, Key> & Counts;

/** One sum for each combination of `keys`; the other keys are those of any of its parts. */
function sum(changes: readonly CountChange[], keys: readonly Key[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const change of changes) {
    let name = '';
    for (const key of keys) name += `${change[key]} `;
    let entry = sums.get(name);
    if (!entry) {
      const { kind, platform, bucket } = change;
      entry = { kind, platform, bucket, targets: 0, sent: 0, delivered: 0, impressions: 0, clicks: 0, failed: 0 };
      sums.set(name, entry);
    }
    for (const column of COLUMNS) entry[column] += change[column] ?? 0;
  }
  return [...sums.values()];
}

const columns = () => sql.join(COLUMNS.map((column) => sql.ref(column)));

function records(rows: readonly Sum[], keys: ReturnType<typeof sql>) {
  const counters = sql.join(COLUMNS.map((column) => sql`${sql.ref(column)} bigint`));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(${keys}, ${counters})`;
}

function additions(table: string) {
  return sql.join(
    COLUMNS.map(
      (column) => sql`${sql.ref(column)} = ${sql.ref(`${table}.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
    ),
  );
}
