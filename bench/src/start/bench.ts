// How long a start takes until the server is ready, what it keeps in memory, and how long the CLI needs to say its version.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, readyOn } from '../contender.ts';
import { type Usage, usageOf } from '../machine.ts';
import { median, type Options, type Report, type Row, type Target } from '../report.ts';
import { createStore, type Store } from '../store.ts';

/** The released form where it was built, as an owner runs it. */
const program = existsSync('server/dist/main.js')
  ? ['server/dist/main.js']
  : ['--conditions=source', 'server/src/main.ts'];

const IDLE_MS = 5_000;
const ceilings = { first: 6_000, warm: 2_000, cli: 150, residentMb: 350 };

interface Start {
  readyMs: number;
  idle: Usage;
}

export async function run(options: Options): Promise<Report[]> {
  const nothing: number[] = [];
  const first: Start[] = [];
  const warm: Start[] = [];
  const cli: number[] = [];
  for (let run = 0; run < options.runs; run++) {
    nothing.push(timeCommand(['-e', '0']));
    cli.push(timeCommand(['cli/bin/overair.js', '--version']));
    const store = await createStore('pglite');
    try {
      first.push(await timeStart(store));
      warm.push(await timeStart(store));
    } finally {
      await store.remove();
    }
    options.say(
      `start ${run + 1}: first ${first.at(-1)!.readyMs.toFixed(0)} ms, warm ${warm.at(-1)!.readyMs.toFixed(0)} ms`,
    );
  }
  const row = (what: string, times: number[], atMost: number, more: Row['more'] = {}): Row => {
    const ratios = times.map((ms, i) => ms / nothing[i]!);
    const target: Target = { of: 'subject', atMost };
    return {
      what,
      unit: 'ms',
      subject: median(times),
      baseline: median(nothing),
      ratio: median(ratios),
      ratios,
      target,
      more,
    };
  };
  const readyMs = (starts: Start[]) => starts.map((each) => each.readyMs);
  const of = (starts: Start[], figure: keyof Usage) => median(starts.map((each) => each.idle[figure]));
  const rows = [
    row('first start to ready', readyMs(first), ceilings.first, { 'processor ms': of(first, 'cpuMs') }),
    row('warm start to ready', readyMs(warm), ceilings.warm, { 'processor ms': of(warm, 'cpuMs') }),
    row('overair --version', cli, ceilings.cli),
  ];
  return [{ bench: 'start', baseline: '`node -e 0`', rows }, memoryReport(warm)];
}

function memoryReport(warm: Start[]): Report {
  const resident = warm.map((each) => each.idle.residentMb);
  const bare = residentOfNode();
  const row: Row = {
    what: 'resident memory, idle after a warm start',
    unit: 'MB',
    subject: median(resident),
    baseline: bare,
    ratio: median(resident) / bare,
    ratios: resident.map((each) => each / bare),
    target: { of: 'subject', atMost: ceilings.residentMb },
    more: { 'peak MB': median(warm.map((each) => each.idle.peakMb)) },
  };
  return { bench: 'memory', baseline: 'an empty Node process', rows: [row] };
}

async function timeStart(store: Store): Promise<Start> {
  const port = await freePort();
  const startMs = performance.now();
  const child = spawn(process.execPath, [...program], {
    env: { ...process.env, ...store.env, PORT: String(port), HOST: '127.0.0.1', OVERAIR_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await readyOn(port, '/readyz', () => {
      if (child.exitCode !== null) throw new Error('The server ended while it started');
    });
    const readyMs = performance.now() - startMs;
    await sleep(IDLE_MS);
    return { readyMs, idle: usageOf(child.pid!) };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

function timeCommand(args: string[]): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`);
  return performance.now() - startMs;
}

function residentOfNode(): number {
  const script = 'process.stdout.write(String(process.memoryUsage().rss / 1048576))';
  return Number(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout);
}
