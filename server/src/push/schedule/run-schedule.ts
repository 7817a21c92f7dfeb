// Carries out a run of a schedule: sends at once, or divides it by time zone or by each device's best hour.

import type { Db } from '../../db/database.ts';
import { HOUR_MS } from '../../utc-day.ts';
import type { SchedulePart } from '../audience/targets.ts';
import type { JsonObject } from '../fields.ts';
import { acceptPush } from '../message/accept.ts';
import { pushToGroup } from '../message/group-push.ts';
import { once } from '../message/repeat.ts';
import { findPushApp, type PushGroup } from '../owner/apps.ts';
import { isRefusal } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { firstRun, LATE_MS, queueRun, usesDeviceTime } from './schedules.ts';
import { nextRun, parseTime, type Trigger, unpackTrigger } from './trigger.ts';
import { offsetMinutes } from './zones.ts';

export interface ScheduleJob {
  readonly schedule_id: string;
  /** ISO time at which the run is due. */
  readonly run_at: string;
  /** '' for the whole run, `zone:<clock>:<offset>` or `hour:<hour>` for a part of it. */
  readonly part: string;
}

interface Row {
  readonly schedule_id: string;
  readonly app_id: string | null;
  readonly group_key: string | null;
  readonly enabled: boolean;
  readonly trigger: Trigger;
  readonly push: unknown;
  readonly next_at: Date | null;
}

export async function runSchedule(room: PushRoom, job: ScheduleJob): Promise<void> {
  const row = await findRow(room.db, job.schedule_id);
  if (!row?.enabled) return;
  if (job.part !== '') return runPart(room, row, job);
  // The schedule was changed since the run was queued; the change queued its own.
  if (row.next_at?.toISOString() !== job.run_at) return;
  const dueAt = Date.parse(job.run_at);
  if ('intelligent' in row.trigger) await divideByHour(room, row, dueAt);
  else if (usesDeviceTime(row.trigger)) await divideByZone(room, row, dueAt);
  else await sendRun(room, row, job, undefined);
  await planNext(room, row, dueAt);
}

async function findRow(db: Db, schedule_id: string): Promise<Row | undefined> {
  const row = await db
    .selectFrom('push_schedules')
    .select(['schedule_id', 'app_id', 'group_key', 'enabled', 'trigger', 'push', 'next_at'])
    .where('schedule_id', '=', schedule_id)
    .executeTakeFirst();
  return row && { ...row, trigger: unpackTrigger(row.trigger as unknown as JsonObject) };
}

async function planNext(room: PushRoom, row: Row, dueAt: number): Promise<void> {
  const clock = usesDeviceTime(row.trigger) ? clockOf(row.trigger, dueAt) : dueAt;
  const next = 'periodical' in row.trigger && clock !== undefined ? firstRun(row.trigger, clock) : undefined;
  await room.db
    .updateTable('push_schedules')
    .set({ next_at: next === undefined ? null : new Date(next) })
    .where('schedule_id', '=', row.schedule_id)
    .where('next_at', '=', new Date(dueAt))
    .execute();
  if (next !== undefined) await queueRun(room, row.schedule_id, next);
}

/** The clock time that a run by device time is about: its work begins up to 14 hours before. */
const clockOf = (trigger: Trigger, dueAt: number): number | undefined => nextRun(trigger, dueAt - 1);

async function divideByZone(room: PushRoom, row: Row, dueAt: number): Promise<void> {
  const clock = clockOf(row.trigger, dueAt);
  if (clock === undefined) return;
  const offsets = new Set([0]);
  for (const zone of await listZones(room.db, row)) offsets.add(offsetMinutes(zone, clock));
  for (const offset of offsets) {
    await queueRun(room, row.schedule_id, clock - offset * 60_000, `zone:${clock}:${offset}`);
  }
}

async function divideByHour(room: PushRoom, row: Row, dueAt: number): Promise<void> {
  const backup = 'intelligent' in row.trigger ? row.trigger.intelligent.backup_time : 'now';
  await queueRun(room, row.schedule_id, parseTime(backup) ?? dueAt, 'hour:none');
  const present = Math.floor(dueAt / HOUR_MS);
  for (let ahead = 0; ahead < 24; ahead += 1) {
    const hour = (present + ahead) % 24;
    await queueRun(room, row.schedule_id, Math.max(dueAt, (present + ahead) * HOUR_MS), `hour:${hour}`);
  }
}

async function runPart(room: PushRoom, row: Row, job: ScheduleJob): Promise<void> {
  const [kind, first, second] = job.part.split(':');
  if (kind === 'hour') {
    return sendRun(room, row, job, { hour: first === 'none' ? null : Number(first) });
  }
  const clock = Number(first);
  const offset = Number(second);
  const zones = await listZones(room.db, row);
  const timezones = zones.filter((zone) => offsetMinutes(zone, clock) === offset);
  await sendRun(room, row, job, { timezones, unknown: offset === 0 });
}

async function listZones(db: Db, row: Row): Promise<readonly string[]> {
  const zones = await db
    .selectFrom('push_devices')
    .select('timezone')
    .distinct()
    .where('timezone', 'is not', null)
    .where((eb) =>
      row.app_id !== null
        ? eb('app_id', '=', row.app_id)
        : eb(
            'app_id',
            'in',
            eb
              .selectFrom('push_group_apps')
              .select('app_id')
              .where('group_key', '=', row.group_key ?? ''),
          ),
    )
    .execute();
  return zones.flatMap(({ timezone }) => (timezone === null ? [] : [timezone]));
}

async function sendRun(room: PushRoom, row: Row, job: ScheduleJob, part: SchedulePart | undefined): Promise<void> {
  if (Date.now() - Date.parse(job.run_at) > LATE_MS) return noteRun(room.db, row, job, 'missed');
  try {
    await send(room, row, job, part);
    await noteRun(room.db, row, job, 'sent');
  } catch (error) {
    // A run without targets is noted; the schedule stays.
    if (!isRefusal(error)) throw error;
    await noteRun(room.db, row, job, (error as Error).message);
  }
}

/** A job that is carried out again after a crash finds its answer under the key of the run, and sends nothing. */
async function send(room: PushRoom, row: Row, job: ScheduleJob, part: SchedulePart | undefined): Promise<void> {
  const { schedule_id, group_key, app_id } = row;
  const request = room.readRequest(row.push);
  const repeat_key = `run:${schedule_id}:${job.run_at}:${job.part}`;
  if (group_key !== null) {
    const group = await findGroup(room.db, group_key);
    if (group) await pushToGroup(room, group, request, { schedule_id, part, repeat_key });
    return;
  }
  await once(room.db, `app:${app_id}`, repeat_key, async (trx) => {
    const app = await findPushApp(trx, app_id ?? '');
    if (!app) return {};
    return { msg_id: await acceptPush(room, trx, app, request, { schedule_id, part }) };
  });
}

async function noteRun(db: Db, row: Row, job: ScheduleJob, outcome: string): Promise<void> {
  await db
    .insertInto('push_schedule_runs')
    .values({ schedule_id: row.schedule_id, run_at: job.run_at, part: job.part, outcome })
    .onConflict((conflict) => conflict.columns(['schedule_id', 'run_at', 'part']).doUpdateSet({ outcome }))
    .execute();
}

async function findGroup(db: Db, group_key: string): Promise<PushGroup | undefined> {
  return db
    .selectFrom('push_groups')
    .select(['group_key', 'owner_org', 'name', 'enabled'])
    .where('group_key', '=', group_key)
    .executeTakeFirst();
}
