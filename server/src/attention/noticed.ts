// Matters from their beginning to their end, as rows: a matter that is under way has one row, whoever finds it and however often.

import type { AttentionKind } from '@overair/protocol/manage/attention';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ShownMatter } from '../db/tables/attention.ts';
import type { Presented } from './present.ts';
import { sources } from './sources.ts';

/** What is measured wavers: it is over when it stayed away for so long. */
const OVER_AFTER_MINUTES = 5;

const endsAtOnce = sources.filter((source) => source.endsAtOnce).map(({ kind }) => kind);

export interface Seen {
  /** Who is told. */
  readonly org_id: string;
  readonly matter: Presented;
}

export interface Noted {
  readonly id: string;
  readonly kind: AttentionKind;
  readonly org_id: string;
  readonly app_id: string | null;
  readonly shown: ShownMatter;
}

const columns = sql`matter_id as id, kind, org_id, app_id, shown`;

/** Those that were not under way; of two workers one gets each. */
export async function noteBegun(trx: Db, seen: readonly Seen[], askedAt: Date): Promise<readonly Noted[]> {
  if (seen.length === 0) return [];
  const { rows } = await sql<Noted>`
    insert into attention_matters (matter_id, kind, org_id, app_id, shown)
    select m.id, m.kind, m.org_id, m.app_id, m.shown
    from json_to_recordset(${JSON.stringify(seen.map(rowOf))}::json) as m(id text, kind text, org_id uuid, app_id text, shown jsonb)
    where not exists (select from attention_matters before where before.matter_id = m.id and before.over_at > ${askedAt})
    order by m.id
    on conflict (matter_id) where over_at is null do nothing
    returning ${columns}`.execute(trx);
  return rows;
}

function rowOf({ org_id, matter: { id, kind, app_id, severity, channel, message, since, command, link } }: Seen) {
  return { id, kind, org_id, app_id, shown: { severity, channel, message, since, command, link } };
}

export async function noteSeen(trx: Db, seen: readonly Seen[]): Promise<void> {
  if (seen.length === 0) return;
  await sql`
    update attention_matters noted set missing_since = null, shown = m.shown
    from json_to_recordset(${JSON.stringify(seen.map(rowOf))}::json) as m(id text, shown jsonb)
    where noted.matter_id = m.id and noted.over_at is null and (noted.missing_since is not null or noted.shown <> m.shown)`.execute(
    trx,
  );
}

/** Under way, of a kind that was looked at as a whole after they began, and not among `ids`. */
const isMissing = (ids: readonly string[], whole: readonly AttentionKind[], askedAt: Date) => sql<boolean>`(
  over_at is null and kind = any(${[...whole]}::text[]) and matter_id <> all(${[...ids]}::text[]) and began_at <= ${askedAt})`;

export async function noteOver(
  trx: Db,
  ids: readonly string[],
  whole: readonly AttentionKind[],
  askedAt: Date,
): Promise<readonly Noted[]> {
  const { rows } = await sql<Noted>`
    update attention_matters set over_at = clock_timestamp()
    where ${isMissing(ids, whole, askedAt)} and (kind = any(${endsAtOnce}::text[])
      or missing_since <= ${askedAt}::timestamptz - make_interval(mins => ${OVER_AFTER_MINUTES}))
    returning ${columns}`.execute(trx);
  return rows;
}

export async function noteMissing(
  trx: Db,
  ids: readonly string[],
  whole: readonly AttentionKind[],
  askedAt: Date,
): Promise<void> {
  await sql`
    update attention_matters set missing_since = ${askedAt}
    where ${isMissing(ids, whole, askedAt)} and missing_since is null`.execute(trx);
}

/** Matters under way that nobody has acknowledged, by kind; of each kind that there is. */
export async function countOpen(db: Db): Promise<ReadonlyMap<AttentionKind, number>> {
  const rows = await db
    .selectFrom('attention_matters')
    .select(['kind', (eb) => eb.fn.countAll<number>().as('count')])
    .where('over_at', 'is', null)
    .where('acknowledged_at', 'is', null)
    .groupBy('kind')
    .execute();
  const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
  return new Map(sources.map(({ kind }) => [kind, counts.get(kind) ?? 0]));
}
