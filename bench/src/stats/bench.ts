// POST /stats of the whole server, acknowledged after commit, against hand-written inserts into the same database.

import { type Contender, startContender } from '../contender.ts';
import { type Loader, openLoader } from '../load/open.ts';
import type { Outcome, Shape } from '../load/shape.ts';
import { median, type Options, type Report, type Row } from '../report.ts';
import { createStore, type Engine, type Store, seed } from '../store.ts';
import { eventsBody } from './events.ts';
import { type Inserter, openInserter } from './inserter.ts';

const target = { of: 'ratio', atLeast: 0.5 } as const;

/** Devices that report in the same moment; each waits for its answer before it sends more. */
const sizes = [
  { events: 1, connections: 1_024 },
  { events: 10, connections: 128 },
  { events: 200, connections: 16 },
];

export async function run(options: Options): Promise<Report[]> {
  const loader = openLoader();
  const reports: Report[] = [];
  try {
    for (const engine of options.engines) reports.push(await runOn(engine, loader, options));
  } finally {
    loader.close();
  }
  return reports;
}

async function runOn(engine: Engine, loader: Loader, options: Options): Promise<Report> {
  options.say(`/stats on ${engine}`);
  const store = await createStore(engine);
  let own: Store = store;
  let contender: Contender | undefined;
  let inserter: Inserter | undefined;
  try {
    seed(store, 1, 1_000);
    // Two processes may share a PostgreSQL server, but not a folder.
    if (engine === 'pglite') own = await store.copy();
    contender = await startContender({
      file: 'server/src/main.ts',
      env: { ...store.env, OVERAIR_LOG_LEVEL: 'error', OVERAIR_ADMIN_KEY: 'bench-admin-key-0123456789' },
      readyPath: '/readyz',
      profile: options.profile,
      settles: true,
    });
    inserter = await openInserter(own);
    const rows: Row[] = [];
    for (const size of sizes) rows.push(await compare(size, { contender, inserter, loader }, options));
    return { bench: `POST /stats on ${engine}`, baseline: 'hand-written inserts of 1,000 rows each', rows };
  } finally {
    await contender?.stop();
    await inserter?.stop();
    await store.remove();
    if (own !== store) await own.remove();
  }
}

interface Sides {
  contender: Contender;
  inserter: Inserter;
  loader: Loader;
}

async function compare(size: (typeof sizes)[number], sides: Sides, { runs, seconds, say }: Options): Promise<Row> {
  const what = size.events === 1 ? 'single events' : `batches of ${size.events}`;
  const { contender, inserter, loader } = sides;
  const shape: Shape = {
    path: '/stats',
    body: eventsBody(size.events),
    devices: 1_000,
    apps: 1,
    order: 'random',
    connections: size.connections,
    pipelining: 1,
  };
  const report = () => loader.load(contender.port, shape, seconds);
  const rowsPerSecond = (outcome: Outcome) => (outcome.requests * size.events) / outcome.seconds;
  await report();
  await inserter.insert(seconds);
  const outcomes: Outcome[] = [];
  const baselines: number[] = [];
  for (let run = 0; run < runs; run++) {
    if (run % 2 === 0) baselines.push(await inserter.insert(seconds));
    outcomes.push(await report());
    if (run % 2 === 1) baselines.push(await inserter.insert(seconds));
    say(
      `${what}: ${Math.round(rowsPerSecond(outcomes.at(-1)!))} rows/s against ${Math.round(baselines.at(-1)!)} rows/s`,
    );
  }
  const ratios = outcomes.map((outcome, i) => rowsPerSecond(outcome) / baselines[i]!);
  return {
    what,
    unit: 'rows/s',
    subject: median(outcomes.map(rowsPerSecond)),
    baseline: median(baselines),
    ratio: median(ratios),
    ratios,
    target,
    more: {
      connections: size.connections,
      'p50 ms': median(outcomes.map((each) => each.p50Ms)),
      'p99 ms': median(outcomes.map((each) => each.p99Ms)),
      'resident MB': contender.usage().residentMb,
    },
  };
}
