// How long a burst of single pushes of one app takes beside the fan-out of another: the whole server, as an owner starts it.

import { createECDH, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { openDatabase } from '../../../server/src/db/open.ts';
import { sealAddress } from '../../../server/src/push/transports/sealed-address.ts';
import { packSubscription } from '../../../server/src/push/transports/webpush/subscription.ts';
import { createVault } from '../../../server/src/secrets.ts';
import { loopbackCertificate } from '../../../server/src/testing/loopback-certificate.ts';
import { type Contender, startContender } from '../contender.ts';
import { median, type Options, type Report } from '../report.ts';
import { createStore, type Store } from '../store.ts';
import { call } from './call.ts';
import { expectMessages, type Service, startService } from './start-service.ts';

const ADMIN_KEY = 'bench-admin-key-0123456789';
const SECRET = 'a secret of the bench';
const AUDIENCE = 100_000;
const BURST = 60;
const CHUNK = 5_000;
const LARGE = 'com.bench.large';
const SMALL = 'com.bench.small';
const web = { alert: 'A new version is here', title: 'Sample', url: 'https://example.com/' };
const body = { platform: 'web', notification: { web } };

export async function measureBurst(options: Options): Promise<Report> {
  const store = await createStore('postgres');
  const service = await startService();
  let server: Contender | undefined;
  try {
    const env = {
      ...store.env,
      OVERAIR_ADMIN_KEY: ADMIN_KEY,
      OVERAIR_SECRET: SECRET,
      OVERAIR_LOG_LEVEL: 'error',
      OVERAIR_ALLOW_PRIVATE_ADDRESSES: 'true',
    };
    server = await startContender({ file: 'server/src/main.ts', env, readyPath: '/readyz', settles: true });
    const senders = { large: await createApp(server, LARGE), small: await createApp(server, SMALL) };
    options.say(`filling in ${AUDIENCE.toLocaleString('en-US')} registrations`);
    await register(store, service, LARGE, AUDIENCE);
    await register(store, service, SMALL, BURST);
    const turns: { beside: number; alone: number }[] = [];
    // The first turn warms both up.
    for (let run = -1; run < options.runs; run += 1) {
      const alone = await burst(server, service, senders.small);
      const beside = await burstBeside(server, service, senders);
      options.say(`burst of ${BURST}: ${beside.toFixed(2)} s beside a fan-out, ${alone.toFixed(2)} s alone`);
      if (run >= 0) turns.push({ beside, alone });
    }
    const ratios = turns.map(({ beside, alone }) => beside / alone);
    const row = {
      what: `${BURST} single pushes beside a fan-out to ${AUDIENCE.toLocaleString('en-US')} of another app`,
      unit: 's',
      subject: median(turns.map(({ beside }) => beside)),
      baseline: median(turns.map(({ alone }) => alone)),
      ratio: median(ratios),
      ratios,
      target: { of: 'subject', atMost: 5 } as const,
      more: { worst: Math.max(...turns.map(({ beside }) => beside)) },
    };
    return { bench: 'Single pushes beside a fan-out on postgres', baseline: 'the same pushes alone', rows: [row] };
  } finally {
    await server?.stop();
    service.child.kill();
    await store.remove();
  }
}

async function createApp(server: Contender, app_id: string): Promise<string> {
  const [org] = await call<{ id: string }[]>(server, 'GET', '/organization', ADMIN_KEY);
  await call(server, 'POST', '/app', ADMIN_KEY, { app_id, name: 'Bench', owner_org: org?.id });
  type Enabled = { app_key: string; master_secret: string };
  const { app_key, master_secret } = await call<Enabled>(server, 'POST', '/push/app', ADMIN_KEY, { app_id });
  const credential = { subject: 'mailto:owner@example.com', hosts: ['localhost'], ca: loopbackCertificate };
  await call(server, 'PUT', '/push/credential', ADMIN_KEY, { app_id, channel: 'webpush', credential });
  return `Basic ${Buffer.from(`${app_key}:${master_secret}`).toString('base64')}`;
}

async function register(store: Store, { port }: Service, app_id: string, count: number): Promise<void> {
  const database = await openDatabase({ url: store.env.DATABASE_URL, dataDir: store.env.OVERAIR_DATA_DIR ?? '' });
  const vault = createVault(SECRET);
  const keys = { p256dh: createECDH('prime256v1').generateKeys(), auth: randomBytes(16) };
  for (let from = 0; from < count; from += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - from) }, (_, index) => {
      const id = `${app_id}-${from + index}`;
      const endpoint = `https://localhost:${port}/${app_id}/${from + index}`;
      return { id, sealed: sealAddress(vault, app_id, packSubscription({ endpoint, ...keys })) };
    });
    await sql`insert into push_devices (app_id, registration_id, platform, channel, sealed, target_hash, browser)
      select ${app_id}::text, r.id, 'web', 'webpush', r.sealed, r.id, 'chrome'
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, sealed text)`.execute(database.db);
  }
  await database.query('analyze', []);
  await database.close();
}

/** Seconds from the call until the last message has come. */
async function burst(server: Contender, service: Service, sender: string): Promise<number> {
  const arrived = expectMessages(service, { path: `/${SMALL}/`, count: BURST });
  // What fails first is what is told.
  arrived.catch(() => undefined);
  const requests = Array.from({ length: BURST }, (_, index) => ({ target: `${SMALL}-${index}`, ...body }));
  const start = performance.now();
  const { results } = await call<Answer>(server, 'POST', '/v4/batch/push/regid', sender, { requests });
  if (!Object.values(results).every(({ success }) => success))
    throw new Error(`The burst was refused: ${JSON.stringify(Object.values(results)[0])}`);
  await arrived;
  return (performance.now() - start) / 1000;
}

interface Answer {
  readonly results: Record<string, { readonly success: boolean }>;
}

/** While the fan-out is under way and far from its end: that is checked, or the figure would mean nothing. */
async function burstBeside(
  server: Contender,
  service: Service,
  senders: { large: string; small: string },
): Promise<number> {
  const begun = expectMessages(service, { path: `/${LARGE}/`, count: 1_000 });
  begun.catch(() => undefined);
  const { msg_id } = await call<{ msg_id: string }>(server, 'POST', '/v4/push', senders.large, { to: 'all', body });
  await begun;
  const seconds = await burst(server, service, senders.small);
  const sent = await countSent(server, senders.large, msg_id);
  if (sent >= AUDIENCE) throw new Error(`The fan-out was over before the burst: ${sent} were sent`);
  await call(server, 'DELETE', `/v4/push/withdraw/${msg_id}`, senders.large);
  return seconds;
}

async function countSent(server: Contender, sender: string, msg_id: string): Promise<number> {
  const path = `/v4/status/detail?message_ids=${msg_id}`;
  const numbers = await call<Record<string, { sent: number }>>(server, 'GET', path, sender);
  return numbers[msg_id]?.sent ?? 0;
}
