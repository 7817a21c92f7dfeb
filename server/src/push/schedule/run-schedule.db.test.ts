import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PushWorld, startPushWorld, type TestApp } from '../../testing/push-world.ts';
import { runSchedule } from './run-schedule.ts';
import { formatTime, parseTime } from './trigger.ts';

let world: PushWorld;
beforeAll(async () => {
  world = await startPushWorld();
});
afterAll(async () => world.close());

const body = { platform: 'web', notification: { web: { alert: 'x', url: 'https://e.x/' } } };
const room = () => world.server.parts.push;

async function create(app: TestApp, trigger: object): Promise<{ schedule_id: string; run_at: string }> {
  const schedule = { name: 'later', enabled: true, trigger, push: { to: 'all', body } };
  const { json } = await world.call(app, 'POST', '/v4/schedules', schedule);
  const row = await room()
    .db.selectFrom('push_schedules')
    .select(['schedule_id', 'next_at'])
    .where('schedule_id', '=', json.schedule_id)
    .executeTakeFirstOrThrow();
  return { schedule_id: row.schedule_id, run_at: row.next_at?.toISOString() ?? '' };
}

async function messagesOf(app: TestApp, schedule_id: string): Promise<string[]> {
  const { json } = await world.call(app, 'GET', `/v4/schedules/${schedule_id}/msg-ids`);
  for (const msg_id of json.MsgIds) await world.settle(msg_id);
  return json.MsgIds;
}

test('a run by device time reaches each zone at its own hour', async () => {
  const app = await world.createApp();
  const berlin = await world.addBrowser(app, { timezone: 'Europe/Berlin' });
  const nowhere = await world.addBrowser(app);
  const time = formatTime(Date.now() + 20 * 3_600_000);
  const { schedule_id, run_at } = await create(app, { single: { time, zone_type: 2 } });
  // The work begins 14 hours before the clock time, for the zones that reach it first.
  expect(Date.parse(run_at)).toBe((parseTime(time) ?? 0) - 14 * 3_600_000);
  await runSchedule(room(), { schedule_id, run_at, part: '' });
  const now = new Date().toISOString();
  const clock = parseTime(time) ?? 0;
  const ahead = new Date(clock).getUTCMonth() > 2 && new Date(clock).getUTCMonth() < 9 ? 120 : 60;
  await runSchedule(room(), { schedule_id, run_at: now, part: `zone:${clock}:${ahead}` });
  await messagesOf(app, schedule_id);
  expect([berlin.received.length, nowhere.received.length]).toEqual([1, 0]);
  await runSchedule(room(), { schedule_id, run_at: now, part: `zone:${clock}:0` });
  await messagesOf(app, schedule_id);
  expect([berlin.received.length, nowhere.received.length]).toEqual([1, 1]);
});

test('an intelligent run reaches each device in its own hour, the others at the backup time', async () => {
  const app = await world.createApp();
  const known = await world.addBrowser(app);
  const unknown = await world.addBrowser(app);
  const set = (registration_id: string, active_hour: number | null) =>
    room().db.updateTable('push_devices').set({ active_hour }).where('registration_id', '=', registration_id).execute();
  await set(known.registration_id, 7);
  await set(unknown.registration_id, null);
  const { schedule_id } = await create(app, { intelligent: { backup_time: 'now' } });
  const run_at = new Date().toISOString();
  await runSchedule(room(), { schedule_id, run_at, part: 'hour:none' });
  await messagesOf(app, schedule_id);
  expect([known.received.length, unknown.received.length]).toEqual([0, 1]);
  await runSchedule(room(), { schedule_id, run_at, part: 'hour:7' });
  await messagesOf(app, schedule_id);
  expect([known.received.length, unknown.received.length]).toEqual([1, 1]);
});

test('a run without targets is noted, and a periodical schedule goes on', async () => {
  const app = await world.createApp();
  const start = formatTime(Date.now());
  const end = formatTime(Date.now() + 10 * 86_400_000);
  const { schedule_id, run_at } = await create(app, {
    periodical: { start, end, time: formatTime(Date.now() + 60_000).slice(11), time_unit: 'day' },
  });
  await runSchedule(room(), { schedule_id, run_at, part: '' });
  const run = await room()
    .db.selectFrom('push_schedule_runs')
    .select('outcome')
    .where('schedule_id', '=', schedule_id)
    .executeTakeFirst();
  expect(run?.outcome).toContain('No target');
  const { next_at } = await room()
    .db.selectFrom('push_schedules')
    .select('next_at')
    .where('schedule_id', '=', schedule_id)
    .executeTakeFirstOrThrow();
  expect((next_at?.getTime() ?? 0) - Date.parse(run_at)).toBe(86_400_000);
});

test('a run that was missed by more than ten minutes is not sent', async () => {
  const app = await world.createApp();
  await world.addBrowser(app);
  const { schedule_id } = await create(app, { single: { time: formatTime(Date.now() + 60_000) } });
  const late = new Date(Date.now() - 11 * 60_000);
  await room().db.updateTable('push_schedules').set({ next_at: late }).where('schedule_id', '=', schedule_id).execute();
  await runSchedule(room(), { schedule_id, run_at: late.toISOString(), part: '' });
  expect(await messagesOf(app, schedule_id)).toEqual([]);
});
