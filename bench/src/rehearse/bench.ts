// A rehearsal over a large fleet: how long it takes, what memory it needs, and whether phones wait for it.

import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Contender, startContender } from '../contender.ts';
import { type Loader, openLoader } from '../load/open.ts';
import type { Shape } from '../load/shape.ts';
import { median, type Options, type Report, type Row } from '../report.ts';
import { createStore, type Engine, type Store } from '../store.ts';
import { upToDate } from '../updates/questions.ts';
import { app_id } from './shape.ts';

const KEY = 'bench-admin-key-0123456789';
const TARGETS = { seconds: 10, megabytes: 100, p99Ratio: 2 };
const MOST_TURNS = 5;
const SAMPLE_EVERY_MS = 50;

const question: Shape = {
  path: '/updates',
  body: upToDate,
  devices: 10,
  apps: 1,
  order: 'random',
  connections: 32,
  pipelining: 1,
};

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
  const devices = options.quick ? Math.min(options.devices, 100_000) : options.devices;
  options.say(`rehearse on ${engine}: preparing ${devices.toLocaleString('en-US')} devices`);
  const store = await createStore(engine);
  let contender: Contender | undefined;
  try {
    fill(store, devices);
    contender = await startContender({
      file: 'server/src/main.ts',
      env: { ...store.env, OVERAIR_LOG_LEVEL: 'error', OVERAIR_ADMIN_KEY: KEY, OVERAIR_API_KEY_RATE_LIMIT: '0' },
      readyPath: '/readyz',
      profile: options.profile,
      settles: true,
    });
    const rows = await measure(contender, loader, devices, options);
    const bench = `POST /rehearse on ${engine}, ${devices.toLocaleString('en-US')} devices`;
    return { bench, baseline: 'the same server without a rehearsal', rows };
  } finally {
    await contender?.stop();
    await store.remove();
  }
}

function fill(store: Store, devices: number): void {
  const file = fileURLToPath(new URL('./fill.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=source', file, String(devices)], {
    env: { ...process.env, ...store.env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The database could not be filled:\n${stderr}`);
}

async function measure(contender: Contender, loader: Loader, devices: number, options: Options): Promise<Row[]> {
  const { port } = contender;
  await loader.load(port, question, 2);
  // The first one loads code that an idle server has not needed yet.
  await rehearse(port, devices);
  await sleep(2_000);
  const idleMb = contender.usage().residentMb;
  const seconds: number[] = [];
  const cpuSeconds: number[] = [];
  const peaksMb: number[] = [];
  for (let turn = 0; turn < Math.min(options.runs, MOST_TURNS); turn++) {
    const peak = watchMemory(contender);
    const beforeMs = contender.usage().cpuMs;
    seconds.push(await rehearse(port, devices));
    cpuSeconds.push((contender.usage().cpuMs - beforeMs) / 1000);
    peaksMb.push((await peak()) - idleMb);
    options.say(`rehearsed in ${seconds.at(-1)!.toFixed(1)} s, ${peaksMb.at(-1)!.toFixed(0)} MB above idle`);
  }
  const alone: number[] = [];
  const beside: number[] = [];
  for (let turn = 0; turn < Math.min(options.runs, MOST_TURNS); turn++) {
    alone.push((await loader.load(port, question, options.seconds)).p99Ms);
    beside.push(await p99Beside(port, devices, loader, options.seconds));
    options.say(`/updates p99 ${beside.at(-1)!.toFixed(1)} ms beside it, ${alone.at(-1)!.toFixed(1)} ms alone`);
  }
  const ratios = beside.map((p99, i) => p99 / alone[i]!);
  const none = { baseline: 0, ratio: Number.NaN, ratios: [] };
  return [
    {
      what: 'time',
      subject: median(seconds),
      unit: 's',
      ...none,
      target: { of: 'subject', atMost: TARGETS.seconds },
      more: { 'processor time of the server, s': median(cpuSeconds) },
    },
    {
      what: 'memory above idle',
      subject: Math.max(...peaksMb),
      unit: 'MB',
      ...none,
      target: { of: 'subject', atMost: TARGETS.megabytes },
    },
    {
      what: '/updates beside it, p99',
      subject: median(beside),
      baseline: median(alone),
      unit: 'ms',
      ratio: median(ratios),
      ratios,
      target: { of: 'ratio', atMost: TARGETS.p99Ratio },
    },
  ];
}

/** The 99th percentile while one rehearsal follows the other. */
async function p99Beside(port: number, devices: number, loader: Loader, seconds: number): Promise<number> {
  let isOver = false;
  const rehearsals = (async () => {
    while (!isOver) await rehearse(port, devices);
  })();
  const { p99Ms } = await loader.load(port, question, seconds);
  isOver = true;
  await rehearsals;
  return p99Ms;
}

/** A rollout to a part of the fleet: every device's bucket has to be found. Seconds. */
async function rehearse(port: number, devices: number): Promise<number> {
  const change = { rolloutVersion: '1.0.6', rolloutPercentage: 5, rolloutEnabled: true };
  const startedMs = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/rehearse`, {
    method: 'POST',
    headers: { 'x-api-key': KEY },
    body: JSON.stringify({ app_id, channel: 'production', change }),
  });
  const body = (await answer.json()) as { devices?: { known: number; moving: number } };
  if (answer.status !== 200) throw new Error(`/rehearse answered ${answer.status}: ${JSON.stringify(body)}`);
  const { known = 0, moving = 0 } = body.devices ?? {};
  // The load's own devices are in the registry too, once they were written.
  if (known < devices || moving === 0) throw new Error(`Of ${devices} devices ${known} are known, ${moving} move`);
  return (performance.now() - startedMs) / 1000;
}

/** Answers with the highest resident memory since, in MB. */
function watchMemory(contender: Contender): () => Promise<number> {
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, contender.usage().residentMb);
  }, SAMPLE_EVERY_MS);
  return async () => {
    clearInterval(timer);
    return peakMb;
  };
}
