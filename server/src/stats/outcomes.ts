// Outcomes as pages show them: devices by their last word, in buckets of time and at the end.

import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { DAY_MS, HOUR_MS } from '../utc-day.ts';
import { isAsked, isBefore, type OutcomeFilter } from './outcome-filter.ts';
import { WORD } from './outcome-words.ts';

export type Grain = 'minute' | 'hour' | 'day';
export const grainMs = { minute: 60_000, hour: HOUR_MS, day: DAY_MS } as const satisfies Record<Grain, number>;

interface Counts {
  offered: number;
  downloaded: number;
  running: number;
  failed: { bundle: number; network: number; device: number; crash: number };
  refused: Record<string, number>;
  silent: number;
}

interface WordRow {
  word: number;
  code: string;
  count: number;
}

interface OutcomeQuery extends OutcomeFilter {
  from: Date;
  to: Date;
  bucket: Grain;
}

/** `from` is moved back to the beginning of its bucket. */
export async function readOutcomes(db: Db, query: OutcomeQuery) {
  const { to, bucket } = query;
  const from = new Date(Math.floor(query.from.getTime() / grainMs[bucket]) * grainMs[bucket]);
  const [before, steps, total] = await Promise.all([
    readStanding(db, query, from),
    readSteps(db, { ...query, from }),
    readStanding(db, query, to),
  ]);
  return {
    from,
    to,
    bucket,
    total: { ...countsOf(total.standing), reached: reachedOf(total.first) },
    buckets: bucketsOf({ from, to, bucket }, before.standing, steps),
  };
}

/** Devices that stand at a word at a moment, and how many ever reached it. */
async function readStanding(
  db: Db,
  filter: OutcomeFilter,
  at: Date,
): Promise<{ standing: WordRow[]; first: WordRow[] }> {
  const { rows } = await sql<{ word: number; code: string; standing: number; first: number }>`
    select word, code, sum(entered - gone)::float8 as standing, sum(first)::float8 as first from outcome_counts
    where ${isAsked(filter)} and ${isBefore(at)} group by word, code`.execute(db);
  return {
    standing: rows.map(({ word, code, standing }) => ({ word, code, count: standing })),
    first: rows.map(({ word, code, first }) => ({ word, code, count: first })),
  };
}

interface Step {
  at: Date;
  word: number;
  code: string;
  entered: number;
  gone: number;
}

const isWithin = ({ from, to, bucket }: Pick<OutcomeQuery, 'from' | 'to' | 'bucket'>): RawBuilder<boolean> =>
  sql`(grain = ${bucket} and at >= ${from} and at < ${to})`;

async function readSteps(db: Db, query: OutcomeQuery): Promise<Step[]> {
  const { rows } = await sql<Step>`
    select at, word, code, sum(entered)::float8 as entered, sum(gone)::float8 as gone from outcome_counts
    where ${isAsked(query)} and ${isWithin(query)} group by at, word, code order by at`.execute(db);
  return rows;
}

function bucketsOf(
  { from, to, bucket }: Pick<OutcomeQuery, 'from' | 'to' | 'bucket'>,
  before: WordRow[],
  steps: Step[],
) {
  const byBucket = Map.groupBy(steps, ({ at }) => at.getTime());
  const standing = new Map(before.map((row) => [`${row.word} ${row.code}`, { ...row }]));
  const buckets = [];
  for (let ms = from.getTime(); ms < to.getTime(); ms += grainMs[bucket]) {
    const own = byBucket.get(ms) ?? [];
    for (const { word, code, entered, gone } of own) {
      const key = `${word} ${code}`;
      const row = standing.get(key) ?? { word, code, count: 0 };
      row.count += entered - gone;
      standing.set(key, row);
    }
    const entered = own.map((step) => ({ word: step.word, code: step.code, count: step.entered }));
    buckets.push({ at: new Date(ms), ...countsOf(entered), standing: countsOf([...standing.values()]) });
  }
  return buckets;
}

function countsOf(rows: readonly WordRow[]): Counts {
  const of = (word: number) => rows.filter((row) => row.word === word).reduce((sum, { count }) => sum + count, 0);
  const refused = rows.filter(({ word, code, count }) => word === WORD.refused && code !== '' && count !== 0);
  return {
    offered: of(WORD.offered),
    downloaded: of(WORD.downloaded),
    running: of(WORD.running),
    failed: failedOf(of),
    refused: Object.fromEntries(refused.map(({ code, count }) => [code, count])),
    silent: of(WORD.silent),
  };
}

const failedOf = (of: (word: number) => number) => ({
  bundle: of(WORD.failedBundle),
  network: of(WORD.failedNetwork),
  device: of(WORD.failedDevice),
  crash: of(WORD.crashed),
});

function reachedOf(rows: readonly WordRow[]) {
  const of = (word: number) => rows.filter((row) => row.word === word).reduce((sum, { count }) => sum + count, 0);
  const { offered, downloaded, running } = WORD;
  return { offered: of(offered), downloaded: of(downloaded), running: of(running), failed: failedOf(of) };
}

/** Devices that run each bundle now, counting those that crashed within the last hour, and devices that ever ran it. */
export async function readRunners(db: Db, filter: OutcomeFilter, bundles: readonly string[], now: Date) {
  const { rows } = await sql<{ bundle_name: string; running: number; ever: number }>`
    select bundle_name, sum(entered - gone)::float8 as running,
      sum(first) filter (where word = ${WORD.running})::float8 as ever
    from outcome_counts
    where ${isAsked(filter)} and bundle_name = any(${[...bundles]}::text[]) and word in (${WORD.running}, ${WORD.crashed})
      and ${isBefore(now)}
    group by bundle_name`.execute(db);
  return new Map(rows.map(({ bundle_name, running, ever }) => [bundle_name, { running, ever: ever ?? 0 }]));
}

/** When a bundle was offered first, to the minute where minutes are still kept; undefined: never. */
export async function findFirstOffer(db: Db, app_id: string, bundle: string): Promise<Date | undefined> {
  const { rows } = await sql<{ grain: Grain; at: Date }>`
    select grain, min(at) as at from outcome_counts
    where app_id = ${app_id} and bundle_name = ${bundle} and first > 0 group by grain`.execute(db);
  const first = (grain: Grain) => rows.find((row) => row.grain === grain)?.at;
  const finest = (coarse: Date | undefined, grain: Grain, within: number) => {
    const fine = first(grain);
    const isWithin = fine && coarse && fine.getTime() - coarse.getTime() < within;
    return isWithin ? fine : coarse;
  };
  return finest(finest(first('day'), 'hour', grainMs.day), 'minute', grainMs.hour);
}

/** Devices by their word about one bundle at a moment. */
export async function readCountsAt(db: Db, filter: OutcomeFilter, at: Date) {
  return { ...countsOf((await readStanding(db, filter, at)).standing) };
}

/** The bundles that most devices run now. */
export async function listMostRun(db: Db, app_id: string, now: Date, limit: number) {
  const { rows } = await sql<{ bundle: string; devices: number }>`
    select bundle_name as bundle, sum(entered - gone)::float8 as devices from outcome_counts
    where ${isAsked({ app_id })} and bundle_name <> '' and word = ${WORD.running} and ${isBefore(now)}
    group by bundle_name having sum(entered - gone) > 0 order by devices desc, bundle_name limit ${limit}`.execute(db);
  return rows;
}
