// POST /updates of the whole server, against a bare Fastify route, and against itself with many apps and many devices.

import { setTimeout as sleep } from 'node:timers/promises';
import { compareLoad, type Side } from '../compare.ts';
import { type Contender, startContender } from '../contender.ts';
import { type Loader, openLoader } from '../load/open.ts';
import type { Shape } from '../load/shape.ts';
import type { Options, Report, Row } from '../report.ts';
import { createStore, type Engine, type Store, seed } from '../store.ts';
import { outdated, upToDate } from './questions.ts';

const asFast = { of: 'ratio', atLeast: 0.8 } as const;
const unchanged = { of: 'ratio', atLeast: 0.9 } as const;

const question: Shape = {
  path: '/updates',
  body: upToDate,
  devices: 10,
  apps: 1,
  order: 'random',
  connections: 32,
  pipelining: 8,
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
  const bare = await startContender({ file: 'bench/src/updates/bare-fastify.ts', readyPath: '/readyz' });
  try {
    const against = (body: string, path: string, more: Partial<Shape> = {}) => ({
      subject: { contender: small.contender, shape: { ...question, body, ...more } },
      baseline: { contender: bare, shape: { ...question, body, path, ...more } },
    });
    await warm(loader, { contender: small.contender, shape: question });
    const rows: Row[] = [
      await compareLoad('up-to-date device', loader, against(upToDate, '/updates'), options, asFast),
      await compareLoad('device that gets an offer', loader, against(outdated, '/offer'), options, asFast),
      await compareLoad(
        'up-to-date device, one request at a time on 64 connections',
        loader,
        against(upToDate, '/updates', { connections: 64, pipelining: 1 }),
        options,
        asFast,
      ),
    ];
    await bare.stop();
    const reports = [{ bench: `POST /updates on ${engine}`, baseline: 'a bare Fastify route with a schema', rows }];
    return [...reports, await runLarge(engine, loader, { contender: small.contender, shape: question }, options)];
  } finally {
    await Promise.all([small.close(), bare.stop()]);
  }
}

/** Whether size matters: the same server with 10 devices of one app is the baseline. */
async function runLarge(engine: Engine, loader: Loader, baseline: Side, options: Options): Promise<Report> {
  const sizes = [
    { what: '10,000 apps', apps: 10_000, devices: 10_000 },
    { what: `${options.devices.toLocaleString('en-US')} known devices`, apps: 1, devices: options.devices },
  ];
  const rows: Row[] = [];
  for (const { what, apps, devices } of options.quick ? sizes.slice(0, 1) : sizes) {
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
