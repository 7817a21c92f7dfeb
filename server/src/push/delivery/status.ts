// What became of a message on single devices, and how many users an app has.

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { channelName } from '../audience/buckets.ts';
import { refuse } from '../refusals.ts';

interface DeviceState {
  readonly message_id: string;
  readonly registration_id: string;
  readonly status: string;
  readonly error_code: number;
  readonly error_message: string;
  readonly itime: number;
  readonly channel: string;
}

const MAX_ROWS = 10_000;

/** Devices that the message never was for are `target_invalid`. */
export async function listDeviceStates(
  db: Db,
  app_id: string,
  msg_ids: readonly number[],
  registration_ids: readonly string[] | undefined,
): Promise<DeviceState[]> {
  const rows = await db
    .selectFrom('push_deliveries')
    .select(['msg_id', 'registration_id', 'bucket', 'state', 'error_code', 'error_message'])
    .select(['delivered_at', 'displayed_at', 'clicked_at', 'updated_at'])
    .where('app_id', '=', app_id)
    .where('msg_id', 'in', [0, ...msg_ids])
    .$if(registration_ids !== undefined, (query) => query.where('registration_id', 'in', registration_ids ?? []))
    .orderBy('msg_id')
    .orderBy('registration_id')
    .limit(MAX_ROWS)
    .execute();
  const states = rows.map((row) => ({
    message_id: String(row.msg_id),
    registration_id: row.registration_id,
    status: statusOf(row),
    error_code: row.error_code,
    error_message: row.error_message,
    itime: Math.floor(row.updated_at.getTime() / 1000),
    channel: channelName(row.bucket),
  }));
  return [...states, ...strangers(states, msg_ids, registration_ids ?? [])];
}

interface Row {
  readonly state: string;
  readonly delivered_at: Date | null;
  readonly displayed_at: Date | null;
  readonly clicked_at: Date | null;
}

function statusOf({ state, delivered_at, displayed_at, clicked_at }: Row): string {
  if (clicked_at) return 'click';
  if (displayed_at) return 'impression';
  if (delivered_at) return 'delivered';
  return state === 'queued' ? 'target_valid' : state;
}

function strangers(known: readonly DeviceState[], msg_ids: readonly number[], ids: readonly string[]): DeviceState[] {
  const [msg_id] = msg_ids;
  const found = new Set(known.map((row) => row.registration_id));
  return ids
    .filter((id) => !found.has(id))
    .map((registration_id) => ({
      message_id: String(msg_id ?? ''),
      registration_id,
      status: 'target_invalid',
      error_code: 20101,
      error_message: 'not a target of this message',
      itime: 0,
      channel: '',
    }));
}

const UNITS = {
  HOUR: { form: /^\d{4}-\d{2}-\d{2} \d{2}$/, step: '1 hour', text: 'YYYY-MM-DD HH24', max: 24 },
  DAY: { form: /^\d{4}-\d{2}-\d{2}$/, step: '1 day', text: 'YYYY-MM-DD', max: 60 },
  MONTH: { form: /^\d{4}-\d{2}$/, step: '1 month', text: 'YYYY-MM', max: 2 },
} as const;

interface UserQuestion {
  readonly unit: string;
  readonly start: string;
  readonly duration: number;
}

/** New, active and present users per period and platform. */
export async function listUserNumbers(db: Db, app_id: string, { unit, start, duration }: UserQuestion) {
  const TimeUnit = unit.toUpperCase();
  if (TimeUnit !== 'HOUR' && TimeUnit !== 'DAY' && TimeUnit !== 'MONTH') {
    throw refuse('field_invalid', 'time_unit is not HOUR, DAY or MONTH');
  }
  const { form, step, text, max } = UNITS[TimeUnit];
  if (!form.test(start)) throw refuse('field_invalid', `start does not fit time_unit ${TimeUnit}`);
  if (!Number.isInteger(duration) || duration < 1 || duration > max) {
    throw refuse('field_invalid', `duration is not a whole number from 1 to ${max}`);
  }
  const from = `${start}${{ HOUR: ':00:00', DAY: ' 00:00:00', MONTH: '-01 00:00:00' }[TimeUnit]}Z`;
  if (Number.isNaN(Date.parse(from.replace(' ', 'T')))) throw refuse('field_invalid', 'start is no time');
  const { rows } = await sql<PeriodRow>`
    select to_char(p.at at time zone 'UTC', ${text}) as time, x.platform,
      (select count(*) from push_devices d where d.app_id = ${app_id} and d.platform = x.platform
        and d.created_at >= p.at and d.created_at < p.at + ${step}::interval) as new,
      (select count(distinct y.device) from push_device_days y join push_devices d on d.id = y.device
        where y.app_id = ${app_id} and d.platform = x.platform
        and y.day >= (p.at at time zone 'UTC')::date
        and y.day < greatest((p.at at time zone 'UTC')::date + 1, ((p.at + ${step}::interval) at time zone 'UTC')::date)
      ) as active,
      (select count(*) from push_devices d where d.app_id = ${app_id} and d.platform = x.platform
        and d.last_seen_at >= p.at and d.last_seen_at < p.at + ${step}::interval) as online
    from generate_series(${from}::timestamptz, ${from}::timestamptz + (${duration - 1}::int * ${step}::interval),
        ${step}::interval) as p(at),
      unnest(array['android', 'ios', 'hmos', 'web']) as x(platform)
    order by p.at`.execute(db);
  return { TimeUnit, time_unit: TimeUnit, start, duration, items: groupByTime(rows) };
}

interface PeriodRow {
  readonly time: string;
  readonly platform: 'android' | 'ios' | 'hmos' | 'web';
  readonly new: number;
  readonly active: number;
  readonly online: number;
}

function groupByTime(rows: readonly PeriodRow[]) {
  const none = { new: 0, active: 0, online: 0 };
  const items = new Map<string, Record<PeriodRow['platform'], typeof none> & { time: string }>();
  for (const { time, platform, ...counts } of rows) {
    const item = items.get(time) ?? { time, android: none, ios: none, hmos: none, web: none };
    item[platform] = { new: counts.new, active: counts.active, online: counts.online };
    items.set(time, item);
  }
  return [...items.values()];
}
