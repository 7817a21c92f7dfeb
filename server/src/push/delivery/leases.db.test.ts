// Who carries on a walk or a retry keeps it, however long a batch takes, and nobody does the same beside it.

import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { until } from '../../testing/event-loop.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { listTargets } from '../audience/targets.ts';
import { findStoredMessage } from '../message/stored-message.ts';
import { runWalk } from './fanout.ts';
import { runLane } from './lanes.ts';
import { recordBatch } from './record.ts';
import { retryNow, runRetry } from './retry.ts';
import { holdingLease } from './turns.ts';

const RENEW_MS = 5_000;
const token = 'leased-phone-token';
let world: PushWorld;
let app: TestApp;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  app = await world.createApp(['fcm']);
  await world.addPhone(app, 'android', token);
  world.fcm.requests.length = 0;
  world.fcm.answers.clear();
});
afterEach(() => {
  vi.useRealTimers();
});

const room = () => world.server.parts.push;
const db = () => room().db;

async function push(): Promise<{ app_id: string; msg_id: number }> {
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { json } = await world.call(app, 'POST', '/v4/push', { to: 'all', body });
  return { app_id: app.app_id, msg_id: Number(json.msg_id) };
}

test('a lease is renewed while the work is under way, and a renewal that was begun is over before it is given back', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const deeds: string[] = [];
  let finish = () => {};
  const renew = async () => {
    deeds.push('begins');
    await new Promise(setImmediate);
    deeds.push('ends');
  };
  const held = holdingLease(renew, () => new Promise<void>((resolve) => (finish = resolve)));
  vi.advanceTimersByTime(2 * RENEW_MS);
  finish();
  await held;
  expect(deeds).toEqual(['begins', 'begins', 'ends', 'ends']);
});

test('a walk whose batch takes long stays with its process', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { app_id, msg_id } = await push();
  const release = world.fcm.hold();
  const lane = runLane(room());
  await until(() => world.fcm.requests.length === 1);
  const walk = db().updateTable('push_walks').where('app_id', '=', app_id).where('msg_id', '=', msg_id);
  await walk.set({ leased_until: sql<Date>`now() + interval '2 seconds'` }).execute();
  vi.advanceTimersByTime(RENEW_MS);
  const isRenewed = sql<boolean>`leased_until > now() + interval '5 seconds'`;
  await until(async () => {
    const row = await db().selectFrom('push_walks').select(isRenewed.as('is')).where('msg_id', '=', msg_id).execute();
    return row[0]?.is === true;
  });
  release();
  await lane;
  expect(world.fcm.requests).toHaveLength(1);
});

test('a retry under way is not done a second time when the owner says to go on at once', async () => {
  const job = await push();
  world.fcm.answers.set(token, { status: 503, body: {} });
  await runWalk(room(), { ...job, first_shard: 0 });
  const due = { next_at: new Date(Date.now() - 60_000) };
  await db().updateTable('push_deliveries').set(due).where('msg_id', '=', job.msg_id).execute();
  world.fcm.answers.clear();
  const before = world.fcm.requests.length;
  const release = world.fcm.hold();
  const first = runRetry(room(), job);
  await until(() => world.fcm.requests.length === before + 1);
  await db()
    .transaction()
    .execute((trx) => retryNow(room(), trx, job.app_id, 'fcm'));
  await runRetry(room(), job);
  expect(world.fcm.requests).toHaveLength(before + 1);
  release();
  await first;
});

test('what is recorded already counts once', async () => {
  const { app_id, msg_id } = await push();
  await runWalk(room(), { app_id, msg_id, first_shard: 0 });
  const stored = (await findStoredMessage(room(), app_id, msg_id))!;
  const [target] = await listTargets(db(), stored.selection, { shard: 0, id: 0 }, 15, 10);
  const delivery = { target: target!, kind: 'notification', attempts: 0, fresh: false } as const;
  const results = [{ delivery, attempt: { class: 'ok', id: undefined } as const }];
  await db()
    .transaction()
    .execute((trx) => recordBatch(trx, stored, results, new Date()));
  const { json } = await world.call(app, 'GET', `/v4/status/detail?message_ids=${msg_id}`);
  expect(json[msg_id]).toMatchObject({ targets: 1, sent: 1 });
});

test('a walk that cannot be carried on does not end the lane for others', async () => {
  const broken = await push();
  await db().updateTable('push_messages').set({ message: '{"v":99}' }).where('msg_id', '=', broken.msg_id).execute();
  const other = await world.createApp(['fcm']);
  await world.addPhone(other, 'android', 'other-phone-token');
  const body = { platform: 'android', notification: { alert: 'x' } };
  await world.call(other, 'POST', '/v4/push', { to: 'all', body });
  await runLane(room());
  expect(world.fcm.requests.map(({ message }) => message.token)).toEqual(['other-phone-token']);
});
