// What ends while a batch is under way or waits: a message that is withdrawn, a phone that is deleted, an account that is replaced.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../testing/event-loop.ts';
import { fcmError } from '../../testing/fake-fcm.ts';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { parseCredential, saveCredential } from '../owner/credentials.ts';
import { runWalk } from './fanout.ts';
import { runLane } from './lanes.ts';
import { runRetry } from './retry.ts';

const token = 'phone-of-the-moment';
let world: PushWorld;
let app: TestApp;
let registration_id: string;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(() => world.close());
let release: () => void = () => undefined;
afterEach(() => release());
beforeEach(async () => {
  app = await world.createApp(['fcm']);
  registration_id = await world.addPhone(app, 'android', token);
  world.fcm.requests.length = 0;
  world.fcm.answers.clear();
});

const room = () => world.server.parts.push;
const db = () => room().db;
const unavailable = { status: 503, body: {} };

async function push() {
  const body = { platform: 'android', notification: { alert: 'x' } };
  const { json } = await world.call(app, 'POST', '/v4/push', { to: 'all', body });
  return { app_id: app.app_id, msg_id: Number(json.msg_id) };
}

const withdraw = async (msg_id: number) =>
  expect((await world.call(app, 'DELETE', `/v4/push/withdraw/${msg_id}`)).status).toBe(200);

const statesOf = (msg_id: number) =>
  db().selectFrom('push_deliveries').select(['state', 'next_at']).where('msg_id', '=', msg_id).execute();

async function makeDue(msg_id: number): Promise<void> {
  const due = { next_at: new Date(Date.now() - 60_000) };
  await db().updateTable('push_deliveries').set(due).where('msg_id', '=', msg_id).execute();
}

/** Texts of the requests to withdraw that phones got. */
const withdrawals = () =>
  world.fcm.requests.flatMap(({ message }) => {
    const text = JSON.stringify(message);
    return text.includes('withdrawn_msg_id') ? [text] : [];
  });

test('a phone that gets a message while it is withdrawn is asked to remove it', async () => {
  const { msg_id } = await push();
  release = world.fcm.hold();
  const lane = runLane(room());
  await until(() => world.fcm.requests.length === 1);
  await withdraw(msg_id);
  release();
  await lane;
  await runLane(room());
  expect(withdrawals()).toEqual([expect.stringContaining(String(msg_id))]);
});

test('so is one that gets it by a retry', async () => {
  world.fcm.answers.set(token, unavailable);
  const job = await push();
  await runWalk(room(), { ...job, first_shard: 0 });
  await makeDue(job.msg_id);
  world.fcm.answers.clear();
  release = world.fcm.hold();
  const retry = runRetry(room(), job);
  await until(() => world.fcm.requests.length === 2);
  await withdraw(job.msg_id);
  release();
  await retry;
  await runLane(room());
  expect(withdrawals()).toEqual([expect.stringContaining(String(job.msg_id))]);
});

test('what failed while its message was withdrawn does not wait for another attempt', async () => {
  world.fcm.answers.set(token, unavailable);
  const { msg_id } = await push();
  release = world.fcm.hold();
  const lane = runLane(room());
  await until(() => world.fcm.requests.length === 1);
  await withdraw(msg_id);
  release();
  await lane;
  expect(await statesOf(msg_id)).toEqual([{ state: 'withdrawn', next_at: null }]);
  expect(withdrawals()).toEqual([]);
});

test('a walk whose message is withdrawn already ends', async () => {
  const job = await push();
  await withdraw(job.msg_id);
  const walks = () => db().selectFrom('push_walks').select('done').where('msg_id', '=', job.msg_id).execute();
  // As a division leaves it that committed between the withdrawal's look and its own commit.
  await db().updateTable('push_walks').set({ done: false }).where('msg_id', '=', job.msg_id).execute();
  await runWalk(room(), { ...job, first_shard: 0 });
  expect(await walks()).toEqual([{ done: true }]);
  expect(world.fcm.requests).toEqual([]);
});

test('a phone that is deleted while its delivery waits counts as one failure', async () => {
  world.fcm.answers.set(token, unavailable);
  const job = await push();
  await runWalk(room(), { ...job, first_shard: 0 });
  await makeDue(job.msg_id);
  await db().deleteFrom('push_devices').where('registration_id', '=', registration_id).execute();
  await runRetry(room(), job);
  expect(await statesOf(job.msg_id)).toEqual([{ state: 'target_invalid', next_at: null }]);
  const counts = await db()
    .selectFrom('push_counts')
    .select(['targets', 'sent', 'failed'])
    .where('msg_id', '=', job.msg_id);
  expect((await counts.execute()).map((row) => Object.values(row).map(Number))).toEqual([[1, 0, 1]]);
});

test('whatever a service says, what became of the batch is recorded', async () => {
  const said = `a NUL \0, and a pair that is cut: ${'😀'.repeat(100)}`;
  world.fcm.answers.set(token, fcmError(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', said));
  await world.addPhone(app, 'android', 'another-phone');
  const job = await push();
  await runWalk(room(), { ...job, first_shard: 0 });
  const states = (await statesOf(job.msg_id)).map(({ state }) => state);
  expect(states.toSorted()).toEqual(['sent', 'sent_failed']);
});

async function replaceCredential(): Promise<void> {
  const transport = room().transports.get('fcm');
  const credential = parseCredential(transport, world.fcm.credential, true);
  await saveCredential(db(), room().vault, app.app_id, transport, credential);
}

test('a batch that is under way ends with the account it began with', async () => {
  const atOnce = room().transports.get('fcm').limits.parallel;
  for (let count = 1; count <= atOnce; count += 1) await world.addPhone(app, 'android', `phone-${count}`);
  const { msg_id } = await push();
  release = world.fcm.hold();
  const lane = runLane(room());
  await until(() => world.fcm.requests.length > 0);
  await replaceCredential();
  await room().providers.find(app.app_id, 'fcm');
  release();
  await lane;
  const states = (await statesOf(msg_id)).map(({ state }) => state);
  expect(states).toEqual(Array.from({ length: atOnce + 1 }, () => 'sent'));
});

test('a replaced account keeps its own token, and leaves none to the next', async () => {
  const request = { token, message: { notification: { body: 'x' } } };
  const { providers } = room();
  const target = {} as never;
  await providers.use(app.app_id, 'fcm', async (old) => {
    await replaceCredential();
    await providers.use(app.app_id, 'fcm', (present) => present.sender.send(request, target));
    await old.sender.send(request, target);
    await providers.use(app.app_id, 'fcm', (present) => present.sender.send(request, target));
  });
  const [present, old, again] = world.fcm.requests.map(({ bearer }) => bearer);
  expect(old).not.toBe(present);
  expect(again).toBe(present);
});
