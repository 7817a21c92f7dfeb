// Scheduled pushes of an app or a group: stored requests with a trigger.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { pageOffset } from '../../db/page-offset.ts';
import type { JsonObject } from '../fields.ts';
import { SCHEDULE_QUEUE } from '../queues.ts';
import { refuse } from '../refusals.ts';
import type { PushRoom } from '../room.ts';
import { kindOf, nextInstant, nextRun, type Trigger, unpackTrigger } from './trigger.ts';

/** An app or a group. */
type ScheduleOwner = { readonly app_id: string } | { readonly group_key: string };

interface Schedule {
  readonly schedule_id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly trigger: Trigger;
  readonly push: JsonObject;
}

const MAX_SCHEDULES = 1000;
const PAGE_SIZE = 50;
/** Zones reach from UTC+14 to UTC-12: a run by device time begins that much earlier and ends that much later. */
const EARLIEST_ZONE_MS = 14 * 3_600_000;
/** A single task that could not run in time is still run this late; afterwards it counts as missed. */
export const LATE_MS = 10 * 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const COLUMNS = ['schedule_id', 'name', 'enabled', 'trigger', 'push'] as const;

/** What a caller wants: the request stays in the caller's own dialect, and is read anew for every run. */
export interface NewSchedule {
  readonly name: string;
  readonly trigger: Trigger;
  readonly push: JsonObject;
  readonly cid: string | null;
}

export async function createSchedule(
  room: PushRoom,
  owner: ScheduleOwner,
  { name, trigger, push, cid }: NewSchedule,
): Promise<{ schedule_id: string; name: string }> {
  await refuseTooMany(room.db, owner);
  const next = firstRun(trigger, Date.now());
  const { schedule_id } = await room.db
    .insertInto('push_schedules')
    .values({
      ...owner,
      name,
      cid,
      trigger: JSON.stringify(trigger),
      push: JSON.stringify(push),
      next_at: next === undefined ? null : new Date(next),
    })
    .returning('schedule_id')
    .executeTakeFirstOrThrow();
  if (next !== undefined) await queueRun(room, schedule_id, next);
  return { schedule_id, name };
}

export async function listSchedules(db: Db, owner: ScheduleOwner, page: number) {
  const open = ownedBy(db, owner).where('next_at', 'is not', null);
  const { total } = await open.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const schedules = await open
    .select(COLUMNS)
    .orderBy('created_at')
    .orderBy('schedule_id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page - 1, PAGE_SIZE))
    .execute();
  return { total_count: total, total_pages: Math.ceil(total / PAGE_SIZE), page, schedules: schedules.map(asSchedule) };
}

export async function getSchedule(db: Db, owner: ScheduleOwner, schedule_id: string): Promise<Schedule> {
  return asSchedule(await getRow(db, owner, schedule_id));
}

export type ScheduleChange = Partial<Omit<NewSchedule, 'cid'> & { readonly enabled: boolean }>;

/** Each given part is replaced as a whole. */
export async function updateSchedule(
  room: PushRoom,
  owner: ScheduleOwner,
  schedule_id: string,
  { name, enabled, trigger, push }: ScheduleChange,
): Promise<Schedule> {
  const present = await getRow(room.db, owner, schedule_id);
  if (present.next_at === null) throw refuse('schedule_invalid', 'a finished schedule cannot be changed');
  const before = kindOf(unpackTrigger(present.trigger as unknown as JsonObject));
  if (trigger && kindOf(trigger) !== before) throw refuse('schedule_invalid', `trigger cannot change from ${before}`);
  const next = trigger ? firstRun(trigger, Date.now()) : present.next_at.getTime();
  const row = await room.db
    .updateTable('push_schedules')
    .set({
      name: name ?? present.name,
      enabled: enabled ?? present.enabled,
      trigger: JSON.stringify(trigger ?? present.trigger),
      push: JSON.stringify(push ?? present.push),
      next_at: next === undefined ? null : new Date(next),
      updated_at: new Date(),
    })
    .where('schedule_id', '=', schedule_id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  if (next !== undefined) await queueRun(room, schedule_id, next);
  return asSchedule(row);
}

export async function deleteSchedule(db: Db, owner: ScheduleOwner, schedule_id: string): Promise<void> {
  await getRow(db, owner, schedule_id);
  await db.deleteFrom('push_schedules').where('schedule_id', '=', schedule_id).execute();
}

export async function listScheduleMessages(db: Db, owner: ScheduleOwner, schedule_id: string): Promise<string[]> {
  await getRow(db, owner, schedule_id);
  const rows = await db
    .selectFrom('push_messages')
    .select('msg_id')
    .where('schedule_id', '=', schedule_id)
    .orderBy('msg_id')
    .execute();
  return rows.map((row) => String(row.msg_id));
}

/** The moment at which the work for the next run begins: earlier than its clock time when devices use their own. */
export function firstRun(trigger: Trigger, nowMs: number): number | undefined {
  if ('intelligent' in trigger) return Math.ceil(nowMs / 1000) * 1000;
  if (!usesDeviceTime(trigger)) return nextInstant(trigger, nowMs);
  const clock = nextRun(trigger, nowMs);
  return clock === undefined ? undefined : Math.max(nowMs, clock - EARLIEST_ZONE_MS);
}

export function usesDeviceTime(trigger: Trigger): boolean {
  if ('single' in trigger) return trigger.single.zone_type === 2;
  return 'periodical' in trigger && trigger.periodical.zone_type === 2;
}

/** Queues a run; it looks at the schedule again when it starts, so changed and deleted schedules need no cleaning up. */
export async function queueRun(room: PushRoom, schedule_id: string, at: number, part = ''): Promise<void> {
  const run_at = new Date(at).toISOString();
  const singletonKey = `${schedule_id}:${run_at}:${part}`;
  await room.jobs.send(SCHEDULE_QUEUE, { schedule_id, run_at, part }, { startAfter: new Date(at), singletonKey });
}

/** Queues runs that are due and whose job was lost with the process that would have run it. */
export async function queueDueSchedules(room: PushRoom): Promise<void> {
  const late = await room.db
    .selectFrom('push_schedules')
    .select(['schedule_id', 'next_at'])
    .where('enabled', '=', true)
    .where('next_at', '<', sql<Date>`now() - interval '30 seconds'`)
    .execute();
  for (const { schedule_id, next_at } of late) if (next_at) await queueRun(room, schedule_id, next_at.getTime());
}

function ownedBy(db: Db, owner: ScheduleOwner) {
  const query = db.selectFrom('push_schedules');
  return 'app_id' in owner ? query.where('app_id', '=', owner.app_id) : query.where('group_key', '=', owner.group_key);
}

async function getRow(db: Db, owner: ScheduleOwner, schedule_id: string) {
  if (!UUID.test(schedule_id)) throw refuse('unknown_schedule');
  const row = await ownedBy(db, owner)
    .select([...COLUMNS, 'next_at'])
    .where('schedule_id', '=', schedule_id)
    .executeTakeFirst();
  if (!row) throw refuse('unknown_schedule');
  return row;
}

async function refuseTooMany(db: Db, owner: ScheduleOwner): Promise<void> {
  const { total } = await ownedBy(db, owner)
    .where('next_at', 'is not', null)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  if (total >= MAX_SCHEDULES) throw refuse('schedule_invalid', `more than ${MAX_SCHEDULES} valid schedules`);
}

function asSchedule(row: {
  schedule_id: string;
  name: string;
  enabled: boolean;
  trigger: unknown;
  push: unknown;
}): Schedule {
  const { schedule_id, name, enabled } = row;
  return {
    schedule_id,
    name,
    enabled,
    trigger: unpackTrigger(row.trigger as JsonObject),
    push: row.push as JsonObject,
  };
}
