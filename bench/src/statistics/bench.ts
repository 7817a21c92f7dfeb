// Pages of statistics over a year of a busy app: read from rollups, against counting the events themselves.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Contender, startContender } from '../contender.ts';
import { median, type Options, type Report, type Row } from '../report.ts';
import { createStore, type Store } from '../store.ts';
import { app_id, DAYS } from './shape.ts';

const KEY = 'bench-admin-key-0123456789';
const target = { of: 'subject', atMost: 50 } as const;
const DAY_MS = 86_400_000;

/** What each page would have to count if there were no rollups. */
const pages = [
  {
    what: 'daily numbers of an app',
    path: `/statistics/app/${app_id}`,
    counted: `select day, count(distinct device_id), count(*) filter (where action = 'get') from stats_events where app_id = $1 group by day`,
  },
  {
    what: 'shares of its bundles',
    path: `/statistics/app/${app_id}/bundle_usage`,
    counted: `select day, version_name, count(*) from stats_events where app_id = $1 and action = 'get' group by day, version_name`,
  },
  {
    what: 'shares of its native builds',
    path: `/statistics/app/${app_id}/native_usage`,
    counted: `select day, platform, version_build, count(distinct device_id) from stats_events where app_id = $1 group by 1, 2, 3`,
  },
];

export async function run(options: Options): Promise<Report[]> {
  const events = options.quick ? 200_000 : 10_000_000;
  options.say(`statistics over ${events} events on postgres`);
  const store = await createStore('postgres');
  let contender: Contender | undefined;
  try {
    fill(store, events);
    contender = await startContender({
      file: 'server/src/main.ts',
      env: { ...store.env, OVERAIR_LOG_LEVEL: 'error', OVERAIR_ADMIN_KEY: KEY, OVERAIR_API_KEY_RATE_LIMIT: '0' },
      readyPath: '/readyz',
      profile: options.profile,
    });
    const rows: Row[] = [];
    for (const page of pages) rows.push(await compare(page, contender, store, options));
    const bench = `GET /statistics, a year of days, ${events.toLocaleString('en')} events`;
    return [{ bench, baseline: 'counting the events in SQL', rows }];
  } finally {
    await contender?.stop();
    await store.remove();
  }
}

function fill(store: Store, events: number): void {
  const file = fileURLToPath(new URL('./fill.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=source', file, String(events)], {
    env: { ...process.env, ...store.env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The database could not be filled:\n${stderr}`);
}

async function compare(
  page: (typeof pages)[number],
  { port }: Contender,
  store: Store,
  options: Options,
): Promise<Row> {
  const to = new Date().toISOString().slice(0, 10);
  const from = new Date(Date.now() - (DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  const url = `http://127.0.0.1:${port}${page.path}?from=${from}&to=${to}`;
  for (let warming = 0; warming < 5; warming++) await ask(url);
  // Counting takes seconds: once is enough to compare with.
  const baseline = await count(store, page.counted);
  const turns: number[] = [];
  const slowest: number[] = [];
  for (let turn = 0; turn < options.runs; turn++) {
    const times: number[] = [];
    for (const until = performance.now() + options.seconds * 1000; performance.now() < until; )
      times.push(await ask(url));
    turns.push(median(times));
    slowest.push(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!);
  }
  const ratios = turns.map((turn) => turn / baseline);
  options.say(`${page.what}: ${median(turns).toFixed(1)} ms against ${baseline.toFixed(0)} ms`);
  const more = { p99: median(slowest) };
  return { what: page.what, subject: median(turns), baseline, unit: 'ms', ratio: median(ratios), ratios, target, more };
}

async function ask(url: string): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(url, { headers: { 'x-api-key': KEY } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  return performance.now() - startedMs;
}

async function count(store: Store, text: string): Promise<number> {
  const client = new pg.Client({ connectionString: store.env['DATABASE_URL'] });
  await client.connect();
  try {
    const startedMs = performance.now();
    await client.query(text, [app_id]);
    return performance.now() - startedMs;
  } finally {
    await client.end();
  }
}
