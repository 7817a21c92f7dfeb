// How long the caller of one group push waits, however many registrations the apps of the group have.

import { sql } from 'kysely';
import { openDatabase } from '../../../server/src/db/open.ts';
import { type Contender, startContender } from '../contender.ts';
import { median, type Options, type Report, type Row } from '../report.ts';
import { createStore, type Engine, type Store } from '../store.ts';
import { call } from './call.ts';

const ADMIN_KEY = 'bench-admin-key-0123456789';
/** As many as a group may hold. */
const APPS = 100;
const CALLS_PER_TURN = 10;
const REGISTRATIONS_PER_INSERT = 20_000;
const TAG = 'gold';
const audiences = ['all', { tag: [TAG] }];

const small = Array.from({ length: APPS }, (_, index) => `com.bench.small${index}`);
const large = Array.from({ length: APPS }, (_, index) => `com.bench.large${index}`);

export async function measureAnswers(engine: Engine, options: Options): Promise<Report> {
  const store = await createStore(engine);
  let server: Contender | undefined;
  try {
    server = await start(store);
    const [few, many] = [await createGroup(server, small), await createGroup(server, large)];
    await server.stop();
    options.say(`push answers on ${engine}: filling in ${options.devices.toLocaleString('en-US')} registrations`);
    await register(store, small, APPS);
    await register(store, large, options.devices);
    server = await start(store, options.profile);
    const rows: Row[] = [];
    for (const to of audiences) rows.push(await compare(server, to, few, many, options));
    return { bench: `POST /v4/grouppush on ${engine}`, baseline: `the same call to ${APPS} registrations`, rows };
  } finally {
    await server?.stop();
    await store.remove();
  }
}

async function compare(server: Contender, to: unknown, few: string, many: string, options: Options): Promise<Row> {
  const registrations = `${options.devices.toLocaleString('en-US')} registrations`;
  const what = `p50 of a group push to ${to === 'all' ? 'all' : 'a tag'}, ${APPS} apps, ${registrations}`;
  const turns: { few: number; many: number }[] = [];
  const all: number[] = [];
  // The first turn warms both up.
  for (let run = -1; run < options.runs; run += 1) {
    const [fewMs, manyMs] = [await turn(server, few, to), await turn(server, many, to)];
    options.say(`${what}: ${median(manyMs).toFixed(1)} ms against ${median(fewMs).toFixed(1)} ms`);
    if (run < 0) continue;
    turns.push({ few: median(fewMs), many: median(manyMs) });
    all.push(...manyMs);
  }
  const ratios = turns.map((each) => each.many / each.few);
  return {
    what,
    unit: 'ms',
    subject: median(turns.map((each) => each.many)),
    baseline: median(turns.map((each) => each.few)),
    ratio: median(ratios),
    ratios,
    target: { of: 'subject', atMost: 100 },
    more: { p99: all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.99)] ?? Number.NaN },
  };
}

/** Without the worker: the answer is measured, not the fan-out beside it. */
function start(store: Store, profile?: string): Promise<Contender> {
  const env = { ...store.env, OVERAIR_ADMIN_KEY: ADMIN_KEY, OVERAIR_LOG_LEVEL: 'error', OVERAIR_ROLES: 'web' };
  return startContender({ file: 'server/src/main.ts', env, readyPath: '/readyz', profile, settles: true });
}

async function createGroup(server: Contender, app_ids: readonly string[]): Promise<string> {
  const [org] = await call<{ id: string }[]>(server, 'GET', '/organization', ADMIN_KEY);
  for (const app_id of app_ids) {
    await call(server, 'POST', '/app', ADMIN_KEY, { app_id, name: 'Bench', owner_org: org?.id });
    await call(server, 'POST', '/push/app', ADMIN_KEY, { app_id });
    const credential = { subject: 'mailto:owner@example.com' };
    await call(server, 'PUT', '/push/credential', ADMIN_KEY, { app_id, channel: 'webpush', credential });
  }
  const group = { orgId: org?.id, name: app_ids[0], app_ids };
  const { group_key, group_secret } = await call<{ group_key: string; group_secret: string }>(
    server,
    'POST',
    '/push/group',
    ADMIN_KEY,
    group,
  );
  return `Basic ${Buffer.from(`group-${group_key}:${group_secret}`).toString('base64')}`;
}

async function register(store: Store, app_ids: readonly string[], count: number): Promise<void> {
  const database = await openDatabase({ url: store.env.DATABASE_URL, dataDir: store.env.OVERAIR_DATA_DIR ?? '' });
  const each = count / app_ids.length;
  for (const app_id of app_ids) {
    for (let from = 0; from < each; from += REGISTRATIONS_PER_INSERT) {
      await sql`insert into push_devices (app_id, registration_id, platform, channel, sealed, target_hash, browser)
        select ${app_id}::text, ${app_id}::text || ':' || n, 'web', 'webpush', 'not opened by this bench', n::text, 'chrome'
        from generate_series(${from}::int, ${Math.min(from + REGISTRATIONS_PER_INSERT, each) - 1}::int) n`.execute(
        database.db,
      );
    }
  }
  // The first of each app, and every tenth.
  await sql`insert into push_device_tags (app_id, tag, device)
    select app_id, ${TAG}, id from push_devices where app_id = any(${app_ids}) and target_hash like '%0'`.execute(
    database.db,
  );
  await database.query('analyze', []);
  await database.query('checkpoint', []);
  await database.close();
}

async function turn(server: Contender, authorization: string, to: unknown): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < CALLS_PER_TURN; index += 1) {
    const request_id = crypto.randomUUID();
    const notification = { web: { alert: 'A new version is here', title: 'Sample', url: 'https://example.com/' } };
    const start = performance.now();
    const answer = await call<Record<string, { error?: object }>>(server, 'POST', '/v4/grouppush', authorization, {
      request_id,
      to,
      body: { platform: 'web', notification },
    });
    times.push(performance.now() - start);
    const failed = Object.values(answer).find(({ error }) => error);
    if (failed) throw new Error(`A push of the bench failed: ${JSON.stringify(failed)}`);
  }
  return times;
}
