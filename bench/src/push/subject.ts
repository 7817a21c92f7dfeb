// The process that is measured: fans a message out as the worker does, encrypts alone, or loops over web-push, as it is told.

import { createECDH, randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { sql } from 'kysely';
import webpush from 'web-push';
import type { Database } from '../../../server/src/db/database.ts';
import { migrate } from '../../../server/src/db/migrate.ts';
import { openDatabase } from '../../../server/src/db/open.ts';
import { parseRequest } from '../../../server/src/doors/mtpush/dialect/request.ts';
import { openJobs } from '../../../server/src/jobs/open.ts';
import { Metrics } from '../../../server/src/metrics.ts';
import { runWalk } from '../../../server/src/push/delivery/fanout.ts';
import { pushQueues } from '../../../server/src/push/jobs.ts';
import { acceptPush } from '../../../server/src/push/message/accept.ts';
import { enablePush, findPushApp } from '../../../server/src/push/owner/apps.ts';
import { parseCredential, saveCredential } from '../../../server/src/push/owner/credentials.ts';
import { openPush, type PushRoom } from '../../../server/src/push/room.ts';
import { sealAddress } from '../../../server/src/push/transports/sealed-address.ts';
import { encryptMessage } from '../../../server/src/push/transports/webpush/encryption.ts';
import { packSubscription } from '../../../server/src/push/transports/webpush/subscription.ts';
import { newVapidKeys } from '../../../server/src/push/transports/webpush/vapid.ts';
import { createVault } from '../../../server/src/secrets.ts';
import { loopbackCertificate } from '../../../server/src/testing/loopback-certificate.ts';

export type Task =
  | { do: 'open'; databaseUrl: string; app_id: string; port: number }
  | { do: 'fill'; devices: number }
  | { do: 'fan-out' }
  | { do: 'encrypt'; seconds: number }
  | { do: 'web-push'; seconds: number };

/** How much was done in how long; memory in MB. */
export interface Done {
  count: number;
  ms: number;
  idleMb: number;
  peakMb: number;
}

const CHUNK = 5_000;
const notification = {
  alert: 'A new version is here: open the app to see it.',
  title: 'Sample',
  url: 'https://example.com/',
};
const request = parseRequest({ to: 'all', body: { platform: 'web', notification: { web: notification } } });
const plaintext = Buffer.from(
  JSON.stringify({ ...notification, data: { msg_id: '1000000000', padding: 'x'.repeat(180) } }),
);

const browser = createECDH('prime256v1');
const keys = { p256dh: browser.generateKeys(), auth: randomBytes(16) };

let database: Database;
let room: PushRoom;
let appId = '';
let origin = '';

const tasks = { open, fill, 'fan-out': fanOut, encrypt, 'web-push': loop };

process.on('message', async (task: Task) => {
  try {
    process.send?.(await tasks[task.do](task as never));
  } catch (error) {
    process.send?.({ error: String(error instanceof Error ? error.stack : error) });
  }
});
process.on('disconnect', () => process.exit(0));

async function open(task: Task & { do: 'open' }): Promise<Done> {
  appId = task.app_id;
  origin = `https://localhost:${task.port}`;
  database = await openDatabase({ url: task.databaseUrl, poolSize: 5 });
  await migrate(database);
  const { db } = database;
  const jobs = openJobs(database, (error) => process.stderr.write(`${error}\n`));
  const warn = (detail: object, what: string) => process.stderr.write(`${what} ${JSON.stringify(detail)}\n`);
  const secret = 'a secret of the bench';
  room = openPush({
    db,
    jobs,
    vault: createVault(secret),
    secret,
    publicUrl: origin,
    reportPath: '/reports',
    allowPrivate: true,
    readRequest: parseRequest,
    warn,
    metrics: new Metrics(),
  });
  await jobs.start(pushQueues(room), false);
  const { id: user } = await db
    .insertInto('users')
    .values({ email: `${appId}@example.com` })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { id: owner_org } = await db
    .insertInto('orgs')
    .values({ created_by: user, name: appId, management_email: 'owner@example.com' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('apps').values({ app_id: appId, owner_org, name: 'Sample' }).execute();
  await enablePush(db, { app_id: appId, owner_org });
  const credential = { subject: 'mailto:owner@example.com', hosts: ['localhost'], ca: loopbackCertificate };
  const transport = room.transports.get('webpush');
  await saveCredential(db, room.vault, appId, transport, parseCredential(transport, credential, true));
  return done(0, 0);
}

async function fill({ devices }: Task & { do: 'fill' }): Promise<Done> {
  const start = performance.now();
  for (let from = 0; from < devices; from += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, devices - from) }, (_, index) => {
      const registration_id = (from + index).toString(16).padStart(19, '0');
      const endpoint = `${origin}/push/${registration_id}`;
      return {
        registration_id: `${appId.length}${registration_id}`,
        sealed: sealAddress(room.vault, appId, packSubscription({ endpoint, ...keys })),
      };
    });
    await sql`insert into push_devices (app_id, registration_id, platform, channel, sealed, target_hash, browser)
      select ${appId}::text, r.registration_id, 'web', 'webpush', r.sealed, r.registration_id, 'chrome'
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(registration_id text, sealed text)`.execute(
      database.db,
    );
  }
  await sql`analyze push_devices`.execute(database.db);
  return done(devices, performance.now() - start);
}

async function fanOut(): Promise<Done> {
  globalThis.gc?.();
  const idleMb = residentMb();
  let peakMb = idleMb;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb());
  }, 100);
  const app = await findPushApp(database.db, appId);
  if (!app) throw new Error('The app is gone');
  const start = performance.now();
  const msg_id = await database.db.transaction().execute((trx) => acceptPush(room, trx, app, request));
  for (let walk = await nextWalk(msg_id); walk !== undefined; walk = await nextWalk(msg_id)) {
    await runWalk(room, { app_id: appId, msg_id, first_shard: walk });
  }
  const ms = performance.now() - start;
  clearInterval(watch);
  const { sent } = await database.db
    .selectFrom('push_counts')
    .select((eb) => eb.fn.sum<string>('sent').as('sent'))
    .where('msg_id', '=', msg_id)
    .executeTakeFirstOrThrow();
  await database.db.deleteFrom('push_messages').where('msg_id', '=', msg_id).execute();
  return { count: Number(sent), ms, idleMb, peakMb };
}

async function nextWalk(msg_id: number): Promise<number | undefined> {
  const row = await database.db
    .selectFrom('push_walks')
    .select('first_shard')
    .where('msg_id', '=', msg_id)
    .where('done', '=', false)
    .executeTakeFirst();
  return row?.first_shard;
}

async function encrypt({ seconds }: Task & { do: 'encrypt' }): Promise<Done> {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 1000) {
    for (let round = 0; round < 50; round += 1) encryptMessage(keys, plaintext);
    count += 50;
  }
  return done(count, performance.now() - start);
}

/** With the connection kept alive: the loop as a careful caller writes it. */
async function loop({ seconds }: Task & { do: 'web-push' }): Promise<Done> {
  const agent = new Agent({ keepAlive: true, ca: loopbackCertificate });
  const { public_key, private_key } = newVapidKeys();
  webpush.setVapidDetails('mailto:owner@example.com', public_key, private_key);
  const subscription = {
    endpoint: `${origin}/push/1`,
    keys: { p256dh: keys.p256dh.toString('base64url'), auth: keys.auth.toString('base64url') },
  };
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < seconds * 1000; count += 1) {
    await webpush.sendNotification(subscription, plaintext, { agent });
  }
  agent.destroy();
  return done(count, performance.now() - start);
}

const residentMb = (): number => process.memoryUsage.rss() / 1024 / 1024;
const done = (count: number, ms: number): Done => ({ count, ms, idleMb: residentMb(), peakMb: residentMb() });
