// npm run bench -- NAME… [--json] [--runs N] [--seconds N] [--quick] [--engine pglite|postgres] [--devices N] [--profile FOLDER]

import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { holds, type Options, printReport, type Report } from './report.ts';

/** Each is loaded only when it is asked for. */
const benches: Record<string, () => Promise<{ run(options: Options): Promise<Report[]> }>> = {
  updates: () => import('./updates/bench.ts'),
  stats: () => import('./stats/bench.ts'),
  statistics: () => import('./statistics/bench.ts'),
  push: () => import('./push/bench.ts'),
  start: () => import('./start/bench.ts'),
  cli: () => import('./cli/bench.ts'),
  fleet: () => import('./fleet/bench.ts'),
  rehearse: () => import('./rehearse/bench.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    engine: { type: 'string' },
    devices: { type: 'string', default: '1000000' },
    profile: { type: 'string' },
  },
});

const options: Options = {
  runs: positive('runs', values.runs),
  seconds: positive('seconds', values.seconds),
  quick: values.quick,
  engines: enginesOf(values.engine),
  devices: positive('devices', values.devices),
  profile: values.profile,
  say: (text) => process.stderr.write(`${text}\n`),
};

const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) fail(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.`);

const machine = describeMachine();
const reports: Report[] = [];
for (const name of names) {
  const bench = await benches[name]!();
  for (const report of await bench.run(options)) {
    reports.push(report);
    if (!values.json) process.stdout.write(printReport(report));
  }
}
if (values.json) {
  const judged = reports.map((report) => ({
    ...report,
    rows: report.rows.map((row) => ({ ...row, holds: holds(row) })),
  }));
  process.stdout.write(
    `${JSON.stringify({ machine, runs: options.runs, seconds: options.seconds, reports: judged })}\n`,
  );
} else {
  process.stdout.write(`\n${machine.cores} cores (${machine.cpu}), Node ${machine.node}, ${machine.pinning}\n`);
}

// A target that is missed is a failed run, so that a script notices.
const missed = reports.flatMap(({ bench, rows }) =>
  rows.filter((row) => holds(row) === false).map((row) => `${bench}: ${row.what}`),
);
if (missed.length > 0) {
  process.stderr.write(`bench: missed its target: ${missed.join('; ')}\n`);
  process.exitCode = 1;
}

function enginesOf(name: string | undefined): Options['engines'] {
  if (name === undefined) return ['pglite', 'postgres'];
  return name === 'pglite' || name === 'postgres' ? [name] : fail('--engine must be pglite or postgres.');
}

function positive(name: string, text: string): number {
  const value = Number(text);
  return value > 0 ? value : fail(`--${name} must be a number above 0.`);
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}
