// Which bundles and which native builds are in use, as shares of each day.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { addDays, type DayRange } from './days.ts';

interface Usage {
  labels: string[];
  datasets: { label: string; data: number[]; metaCounts: number[] }[];
}

/** Counts by day and name; names in the order of their first day. */
interface Counts {
  names: string[];
  byDay: Map<string, Map<string, number>>;
}

/** Shares of the bundles that were offered each day. A past day without any offer shows the one before. */
export async function readBundleUsage(db: Db, app_id: string, range: DayRange, today: string): Promise<Usage> {
  const counts = await readCounts(
    db,
    sql`select day, version_name as name, sum(count)::float8 as count from stats_daily
      where app_id = ${app_id} and action = 'get' and version_name <> '' and ${within(range)} group by 1, 2`,
  );
  const days = daysOf(range);
  for (const [at, day] of days.entries()) {
    const previous = at > 0 ? counts.byDay.get(days[at - 1]!) : undefined;
    if (previous && day < today && !counts.byDay.has(day)) counts.byDay.set(day, previous);
  }
  return usageOf(days, counts);
}

/** Shares of the devices seen each day, by platform and native build. */
export async function readNativeUsage(db: Db, app_id: string, range: DayRange) {
  const counts = await readCounts(
    db,
    sql`select day, ${platformName} || ' ' || version_build as name, sum(devices)::float8 as count from native_daily
      where app_id = ${app_id} and ${within(range)} group by 1, 2`,
  );
  const usage = usageOf(daysOf(range), counts);
  return { ...usage, latestVersion: latestOf(usage) };
}

const platformName = sql`(case platform when 'ios' then 'iOS' when 'android' then 'Android' when 'electron' then 'Electron'
  else 'Unknown' end)`;

const within = ({ firstDay, days }: DayRange) =>
  sql`day >= ${firstDay}::date and day < ${addDays(firstDay, days)}::date`;

const daysOf = ({ firstDay, days }: DayRange) => Array.from({ length: days }, (_, at) => addDays(firstDay, at));

/** One row for each day: thousands of rows would take longer to read than to count. */
async function readCounts(db: Db, grouped: ReturnType<typeof sql>): Promise<Counts> {
  const { rows } = await sql<{ day: string; counts: Record<string, number> }>`
    select day, json_object_agg(name, count) as counts from (${grouped}) grouped where count > 0 group by day order by day`.execute(
    db,
  );
  const byDay = new Map(rows.map(({ day, counts }) => [day, new Map(Object.entries(counts))]));
  const names = rows.flatMap(({ counts }) => Object.keys(counts).sort());
  return { names: [...new Set(names)], byDay };
}

function usageOf(labels: string[], { names, byDay }: Counts): Usage {
  const datasets = names.map((label) => ({ label, data: [] as number[], metaCounts: [] as number[] }));
  for (const day of labels) {
    const counts = names.map((name) => byDay.get(day)?.get(name) ?? 0);
    const shares = percentages(counts);
    for (const [at, dataset] of datasets.entries()) {
      dataset.data.push(shares[at]!);
      dataset.metaCounts.push(counts[at]!);
    }
  }
  return { labels, datasets };
}

/** In tenths of a percent that sum to exactly 100: the largest remainders are rounded up, earlier ones first. */
export function percentages(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const exact = counts.map((count) => (count * 1000) / total);
  const tenths = exact.map(Math.floor);
  const missing = 1000 - tenths.reduce((sum, each) => sum + each, 0);
  if (missing > 0) {
    const remainder = (at: number) => exact[at]! - tenths[at]!;
    const byRemainder = [...exact.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
    for (const at of byRemainder.slice(0, missing)) tenths[at]! += 1;
  }
  return tenths.map((each) => each / 10);
}

/** The biggest share of the last day that has data. */
function latestOf({ labels, datasets }: Usage): { name: string; percentage: string } {
  for (let at = labels.length - 1; at >= 0; at--) {
    const [biggest] = datasets.filter(({ data }) => data[at]! > 0).sort((a, b) => b.data[at]! - a.data[at]!);
    if (biggest) return { name: biggest.label, percentage: biggest.data[at]!.toFixed(1) };
  }
  return { name: '', percentage: '0.0' };
}
