// Daily numbers of apps, read from rollups: active devices, stored bytes, bytes served, updates offered.

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { addDays, type DayRange } from './days.ts';

interface DayFacts {
  mau: number;
  /** The level at the end of the day when accumulated, the change of the day otherwise. */
  storage: number;
  storage_byte_hours: number;
  bandwidth: number;
  get: number;
}

interface SeriesDay extends DayFacts {
  date: string;
  build_time_seconds: number;
}

const fields = ['mau', 'storage', 'storage_byte_hours', 'bandwidth', 'get'] as const;

export interface SeriesOptions {
  range: DayRange;
  /** Running sums instead of single days. */
  isAccumulated: boolean;
  /** `YYYY-MM-DD`; later days are left out. */
  today: string;
  /** Bytes that the bundles of each app weigh now. */
  stored: ReadonlyMap<string, number>;
}

/** One series over all the apps together. */
export async function readSeries(db: Db, app_ids: readonly string[], options: SeriesOptions): Promise<SeriesDay[]> {
  if (options.range.days === 0) return [];
  const [facts, stock] = await Promise.all([
    readFacts(db, app_ids, options.range, sql`''`),
    readStock(db, app_ids, options.range.firstDay, sql`''`),
  ]);
  const before = stock.get('') ?? 0;
  const current = app_ids.reduce((sum, app_id) => sum + (options.stored.get(app_id) ?? 0), 0);
  return seriesOf(facts.get(''), { before, current }, options);
}

/** One series for each app. */
export async function readSeriesByApp(
  db: Db,
  app_ids: readonly string[],
  options: SeriesOptions,
): Promise<({ app_id: string } & SeriesDay)[]> {
  if (options.range.days === 0) return [];
  const [facts, stock] = await Promise.all([
    readFacts(db, app_ids, options.range, sql`app_id`),
    readStock(db, app_ids, options.range.firstDay, sql`app_id`),
  ]);
  return app_ids.flatMap((app_id) => {
    const own = { before: stock.get(app_id) ?? 0, current: options.stored.get(app_id) ?? 0 };
    return seriesOf(facts.get(app_id), own, options).map((day) => ({ app_id, ...day }));
  });
}

type Grouping = ReturnType<typeof sql<string>> | ReturnType<typeof sql<unknown>>;
type FactsByDay = Map<string, DayFacts>;

/** `group` is the app's column, or '' for all apps together. */
async function readFacts(
  db: Db,
  app_ids: readonly string[],
  range: DayRange,
  group: Grouping,
): Promise<Map<string, FactsByDay>> {
  const from = range.firstDay;
  const to = addDays(from, range.days);
  const wanted = sql`app_id = any(${[...app_ids]}::text[]) and day >= ${from}::date and day < ${to}::date`;
  const { rows } = await sql<DayFacts & { app: string; day: string }>`
    select ${group} as app, day, sum(mau)::float8 as mau, sum(storage)::float8 as storage,
      sum(byte_hours)::float8 as storage_byte_hours, sum(bandwidth)::float8 as bandwidth, sum(gets)::float8 as get
    from (
      select app_id, day, devices as mau, 0 as storage, 0 as byte_hours, 0 as bandwidth, 0 as gets
        from mau_daily where ${wanted}
      union all select app_id, day, 0, bytes, byte_hours, 0, 0 from storage_daily where ${wanted}
      union all select app_id, day, 0, 0, 0, bytes, 0 from bandwidth_daily where ${wanted}
      union all select app_id, day, 0, 0, 0, 0, count from stats_daily where action = 'get' and ${wanted}
    ) facts
    group by 1, 2`.execute(db);
  const byApp = Map.groupBy(rows, ({ app }) => app);
  return new Map([...byApp].map(([app, days]) => [app, new Map(days.map((each) => [each.day, each]))]));
}

interface Stock {
  /** Bytes stored now. */
  current: number;
  /** Bytes stored when the range began. */
  before: number;
}

/** Bytes stored when the range began, by group. */
async function readStock(db: Db, app_ids: readonly string[], firstDay: string, group: Grouping) {
  const { rows } = await sql<{ app: string; before: number }>`
    select ${group} as app, sum(bytes)::float8 as before from storage_daily
    where app_id = any(${[...app_ids]}::text[]) and day < ${firstDay}::date
    group by 1`.execute(db);
  return new Map(rows.map(({ app, before }) => [app, before]));
}

const nothing: DayFacts = { mau: 0, storage: 0, storage_byte_hours: 0, bandwidth: 0, get: 0 };

function seriesOf(
  facts: FactsByDay = new Map(),
  stock: Stock,
  { range, isAccumulated, today }: SeriesOptions,
): SeriesDay[] {
  const series: SeriesDay[] = [];
  let level = stock.before;
  let change = 0;
  for (let at = 0; at < range.days; at++) {
    const day = addDays(range.firstDay, at);
    const own = facts.get(day) ?? nothing;
    // What lay there when the day began lies there for 24 hours; the day's own changes bring their share along.
    const storage_byte_hours = day > today ? 0 : level * 24 + own.storage_byte_hours;
    level += own.storage;
    change += own.storage;
    series.push({ ...own, storage_byte_hours, date: range.dateAt(at), build_time_seconds: 0 });
  }
  const first = series[0];
  // The series starts from what is really stored, whatever the rollups of long ago say.
  if (first) first.storage = Math.max(0, stock.current - change + first.storage);
  if (isAccumulated) accumulate(series);
  return series.filter((_, at) => addDays(range.firstDay, at) <= today).map(pickFields);
}

function accumulate(series: SeriesDay[]): void {
  for (let at = 1; at < series.length; at++) {
    for (const field of fields) series[at]![field] += series[at - 1]![field];
  }
}

const pickFields = ({ date, mau, storage, storage_byte_hours, bandwidth, get, build_time_seconds }: SeriesDay) => ({
  date,
  mau,
  storage,
  storage_byte_hours,
  bandwidth,
  get,
  build_time_seconds,
});
