// POST /updates of the whole server, against a bare Fastify route, and against itself with many apps and many devices.

import { setTimeout as sleep } from 'node:timers/promises';
import { compareLoad, type Side } from '../compare.ts';
import { type Contender, startContender } from '../contender.ts';
import { type Loader, openLoader } from '../load/open.ts';
import type { Shape } from '../load/shape.ts';
import type { Options, Report, Row } from '../report.ts';
import { createStore, type Engine, type Store, seed } from '../store.ts';
import { outdated, upToDate } from './questions.ts';

/** What `/updates` has to reach of each baseline, by processor time. */
const targets = {
  'bare node:http': { upToDate: 0.8, offer: 0.78, oneConnection: 0.7 },
  'a bare Fastify route with a schema': { upToDate: 0.95, offer: undefined, oneConnection: undefined },
} as const;
const unchanged = { of: 'ratio', atLeast: 0.95 } as const;

/** As phones ask: one request at a time on each connection. */
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
    for (const engine of options.engines) reports.push(...(await runOn(engine, loader, options)));
  } finally {
    loader.close();
  }
  return reports;
}

async function runOn(engine: Engine, loader: Loader, options: Options): Promise<Report[]> {
  options.say(`/updates on ${engine}`);
  const small = await openSubject(engine, 1, 10, options);
  try {
    await warm(loader, { contender: small.contender, shape: question });
    const reports = [
      await runAgainst('bare node:http', 'bench/src/updates/bare-http.ts', engine, loader, small.contender, options),
      await runAgainst(
        'a bare Fastify route with a schema',
        'bench/src/updates/bare-fastify.ts',
        engine,
        loader,
        small.contender,
        options,
      ),
    ];
    if (options.quick) return reports;
    return [...reports, await runLarge(engine, loader, { contender: small.contender, shape: question }, options)];
  } finally {
    await small.close();
  }
}

async function runAgainst(
  baseline: keyof typeof targets,
  file: string,
  engine: Engine,
  loader: Loader,
  contender: Contender,
  options: Options,
): Promise<Report> {
  const bare = await startContender({ file, readyPath: '/readyz' });
  const compare = (what: string, target: number | undefined, body: string, path: string, more: Partial<Shape> = {}) =>
    compareLoad(
      what,
      loader,
      {
        subject: { contender, shape: { ...question, body, ...more } },
        baseline: { contender: bare, shape: { ...question, body, path, ...more } },
      },
      options,
      target === undefined ? undefined : { of: 'cpuRatio', atLeast: target },
    );
  const wanted = targets[baseline];
  try {
    const rows = [
      await compare('up-to-date device', wanted.upToDate, upToDate, '/updates'),
      await compare('device that gets an offer', wanted.offer, outdated, '/offer'),
      await compare('up-to-date device, one connection', wanted.oneConnection, upToDate, '/updates', {
        connections: 1,
      }),
      await compare('up-to-date device, eight requests in a packet', undefined, upToDate, '/updates', {
        pipelining: 8,
      }),
    ];
    return { bench: `POST /updates on ${engine}`, baseline, rows };
  } finally {
    await bare.stop();
  }
}

/** Whether size matters: the same server with 10 devices of one app is the baseline. */
async function runLarge(engine: Engine, loader: Loader, baseline: Side, options: Options): Promise<Report> {
  const sizes = [
    { what: '10,000 apps', apps: 10_000, devices: 10_000 },
    { what: `${options.devices.toLocaleString('en-US')} known devices`, apps: 1, devices: options.devices },
  ];
  const rows: Row[] = [];
  for (const { what, apps, devices } of sizes) {
    options.say(`preparing ${what}`);
    const large = await openSubject(engine, apps, devices, options);
    try {
      const subject = { contender: large.contender, shape: { ...question, apps, devices } };
      await warm(loader, subject);
      rows.push(await compareLoad(what, loader, { subject, baseline }, options, unchanged));
    } finally {
      await large.close();
    }
  }
  return { bench: `POST /updates on ${engine}, large`, baseline: 'the same server with one app and 10 devices', rows };
}

async function openSubject(engine: Engine, apps: number, devices: number, options: Options) {
  const store: Store = await createStore(engine);
  try {
    seed(store, apps, devices);
    const contender = await startContender({
      file: 'server/src/main.ts',
      env: { ...store.env, OVERAIR_LOG_LEVEL: 'error', OVERAIR_ADMIN_KEY: 'bench-admin-key-0123456789' },
      readyPath: '/readyz',
      profile: options.profile,
      settles: true,
    });
    const close = async () => {
      await contender.stop();
      await store.remove();
    };
    return { contender, close };
  } catch (error) {
    await store.remove();
    throw error;
  }
}

/** Each device checks once, as it does every day: what is noted of it then is not what this bench is about. */
async function warm(loader: Loader, { contender, shape }: Side): Promise<void> {
  const step = 20_000;
  for (let from = 0; from < shape.devices; from += step) {
    const devices = Math.min(step, shape.devices - from);
    await loader.load(contender.port, { ...shape, from, devices, order: 'once' }, 0);
    await written(contender);
  }
}

async function written(contender: Contender): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    const answer = await fetch(`http://127.0.0.1:${contender.port}/metrics`);
    const waiting = [...(await answer.text()).matchAll(/^overair_(?:devices_pending|stats_waiting_rows) (\d+)/gm)];
    if (waiting.every((match) => match[1] === '0')) return;
    await sleep(50);
  }
  throw new Error('What was noted of the devices is still not written after minutes');
}
