import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { pushQueues } from '../jobs.ts';
import { sealAddress } from '../transports/sealed-address.ts';
import { resumeWalks, runLane } from './lanes.ts';
import { claimWalk } from './turns.ts';

/** Ten batches: the burst beside it is out before. */
const AUDIENCE = 5_000;
const BURST = 60;
const within = { timeout: 120_000, interval: 50 };

let world: PushWorld;
beforeEach(async () => {
  world = await startPushWorld();
});
afterEach(async () => world.close());

const body = { platform: 'android', notification: { alert: 'x' } };
const db = () => world.server.database.db;
const room = () => world.server.parts.push;

async function addPhones(app: TestApp, name: string, count: number): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => {
    const token = `${name}-token-${index}`;
    return { id: `${name}${index}`, sealed: sealAddress(room().vault, app.app_id, token), target_hash: token };
  });
  await sql`insert into push_devices (app_id, registration_id, platform, channel, sealed, target_hash)
    select ${app.app_id}::text, r.id, 'android', 'fcm', r.sealed, r.target_hash
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, sealed text, target_hash text)`.execute(db());
  return rows.map((row) => row.id);
}

async function pushEach(app: TestApp, ids: readonly string[]): Promise<void> {
  const requests = ids.map((target) => ({ target, ...body }));
  const { status, json } = await world.call(app, 'POST', '/v4/batch/push/regid', { requests });
  expect([status, Object.values(json.results as object).every(({ success }) => success)]).toEqual([200, true]);
}

const tokens = () => world.fcm.requests.map(({ message }) => message.token);

test('a burst of single pushes is out before the fan-out of another app that began first', {
  timeout: 180_000,
}, async () => {
  const [large, small] = [await world.createApp(['fcm']), await world.createApp(['fcm'])];
  await addPhones(large, 'large', AUDIENCE);
  const ids = await addPhones(small, 'small', BURST);
  await world.call(large, 'POST', '/v4/push', { to: 'all', body });
  await pushEach(small, ids);
  await world.server.parts.jobs.start(pushQueues(room()), true);
  await vi.waitFor(() => expect(tokens().length).toBe(AUDIENCE + BURST), within);
  const last = (name: string) => tokens().findLastIndex((token) => token.startsWith(name));
  expect(last('small')).toBeLessThan(last('large'));
});

test('a claim takes one walk, whatever the database believes of the table', async () => {
  const app = await world.createApp(['fcm']);
  const ids = await addPhones(app, 'planned', 20);
  // The planner believes that the app has no walk, and joins in the other order.
  await sql`analyze push_walks`.execute(db());
  await pushEach(app, ids);
  expect(await claimWalk(db(), app.app_id, new Set())).toBeDefined();
  const leased = db().selectFrom('push_walks').select('msg_id').where('leased_until', '>', sql<Date>`now()`);
  expect(await leased.execute()).toHaveLength(1);
});

test('one lane alone drains whatever is queued, of every app', async () => {
  const apps = [await world.createApp(['fcm']), await world.createApp(['fcm']), await world.createApp(['fcm'])];
  for (const [index, app] of apps.entries()) await pushEach(app, await addPhones(app, `app${index}`, 5));
  const open = () => db().selectFrom('push_walks').select('msg_id').where('done', '=', false).execute();
  // A lane ends its job after five seconds, which a busy machine may need for fewer messages.
  do await runLane(room());
  while ((await open()).length > 0);
  expect(new Set(tokens()).size).toBe(15);
});

test('a walk that a living process carries on is nobody else’s, that of a killed one is taken up at the start', async () => {
  const app = await world.createApp(['fcm']);
  await pushEach(app, await addPhones(app, 'leased', 1));
  await db()
    .updateTable('push_walks')
    .set({ leased_until: new Date(Date.now() + 3_600_000) })
    .where('app_id', '=', app.app_id)
    .execute();
  await runLane(room());
  await resumeWalks(room(), false);
  await runLane(room());
  expect(tokens()).toEqual([]);
  await resumeWalks(room(), true);
  await runLane(room());
  expect(tokens()).toEqual(['leased-token-0']);
});
