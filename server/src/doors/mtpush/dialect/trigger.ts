// The `trigger` of a v4 schedule.

import { Fields, isObject } from '../../../push/fields.ts';
import { refuse } from '../../../push/refusals.ts';
import {
  type IntelligentTrigger,
  nextInstant,
  type PeriodicalTrigger,
  parseTime,
  type SingleTrigger,
  TRIGGER_KINDS,
  type Trigger,
  WEEK,
} from '../../../push/schedule/trigger.ts';
import { instantOf, isZone } from '../../../push/schedule/zones.ts';
import { DAY_MS } from '../../../utc-day.ts';

const YEAR_MS = 366 * DAY_MS;

/** Checks a trigger. Throws `schedule_invalid` with the field. */
export function parseTrigger(value: unknown, nowMs: number): Trigger {
  if (!isObject(value)) throw refuse('schedule_invalid', 'trigger is not an object');
  const present = TRIGGER_KINDS.filter((kind) => value[kind] !== undefined && value[kind] !== null);
  const [kind] = present;
  if (present.length !== 1 || !kind || !isObject(value[kind])) {
    throw refuse('schedule_invalid', 'trigger needs exactly one of single, periodical, intelligent');
  }
  const fields = new Fields(value[kind], `trigger.${kind}`);
  if (kind === 'single') return parseSingle(fields, nowMs);
  return kind === 'periodical' ? parsePeriodical(fields, nowMs) : parseIntelligent(fields, nowMs);
}

function parseSingle(fields: Fields, nowMs: number): SingleTrigger {
  const time = read(fields, 'time');
  const zone = readZone(fields);
  const at = instantOf(demandTime(fields, 'time', time), zone.time_zone);
  if (at <= nowMs) throw refuse('schedule_invalid', `${fields.at('time')} is in the past`);
  if (at > nowMs + YEAR_MS) throw refuse('schedule_invalid', `${fields.at('time')} is more than a year ahead`);
  return { single: { time, ...zone } };
}

function parsePeriodical(fields: Fields, nowMs: number): PeriodicalTrigger {
  const [start, end, time] = [read(fields, 'start'), read(fields, 'end'), read(fields, 'time')];
  const from = demandTime(fields, 'start', start);
  const until = demandTime(fields, 'end', end);
  if (until <= from) throw refuse('schedule_invalid', `${fields.at('end')} is not after start`);
  if (until - from > YEAR_MS) throw refuse('schedule_invalid', `${fields.at('end')} is more than a year after start`);
  if (!/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(time))
    throw refuse('schedule_invalid', `${fields.at('time')} is not HH:mm:ss`);
  const time_unit = read(fields, 'time_unit').toUpperCase();
  if (time_unit !== 'DAY' && time_unit !== 'WEEK' && time_unit !== 'MONTH') {
    throw refuse('schedule_invalid', `${fields.at('time_unit')} is not day, week or month`);
  }
  const frequency = fields.value('frequency') ?? 1;
  if (typeof frequency !== 'number' || !Number.isInteger(frequency) || frequency < 1 || frequency > 100) {
    throw refuse('schedule_invalid', `${fields.at('frequency')} is not a whole number from 1 to 100`);
  }
  const point = parsePoint(fields, time_unit);
  const trigger: PeriodicalTrigger = {
    periodical: { start, end, time, time_unit, ...(point && { point }), frequency, ...readZone(fields) },
  };
  if (nextInstant(trigger, nowMs) === undefined)
    throw refuse('schedule_invalid', `${fields.path} has no run before its end`);
  return trigger;
}

function parsePoint(fields: Fields, unit: 'DAY' | 'WEEK' | 'MONTH'): readonly string[] | undefined {
  const value = fields.value('point');
  if (unit === 'DAY') return undefined;
  const points = Array.isArray(value) ? value.map((each) => String(each).toUpperCase()) : [];
  const valid =
    unit === 'WEEK' ? (each: string) => WEEK.includes(each) : (each: string) => /^(0[1-9]|[12]\d|3[01])$/.test(each);
  if (points.length === 0 || !points.every(valid)) {
    throw refuse(
      'schedule_invalid',
      `${fields.at('point')} does not list ${unit === 'WEEK' ? 'MON to SUN' : '01 to 31'}`,
    );
  }
  return points;
}

function parseIntelligent(fields: Fields, nowMs: number): IntelligentTrigger {
  const backup_time = read(fields, 'backup_time');
  if (backup_time !== 'now') {
    const at = demandTime(fields, 'backup_time', backup_time);
    if (at <= nowMs) throw refuse('schedule_invalid', `${fields.at('backup_time')} is in the past`);
  }
  return { intelligent: { backup_time } };
}

function read(fields: Fields, key: string): string {
  const value = fields.value(key);
  if (typeof value !== 'string') throw refuse('schedule_invalid', `${fields.at(key)} is missing or not a string`);
  return value;
}

function demandTime(fields: Fields, key: string, text: string): number {
  const at = parseTime(text);
  if (at === undefined) throw refuse('schedule_invalid', `${fields.at(key)} is not yyyy-MM-dd HH:mm:ss`);
  return at;
}

function readZone(fields: Fields): { zone_type: 1 | 2; time_zone?: string } {
  const zone_type = fields.value('zone_type') ?? 1;
  if (zone_type !== 1 && zone_type !== 2) throw refuse('schedule_invalid', `${fields.at('zone_type')} is not 1 or 2`);
  const time_zone = fields.value('time_zone');
  if (time_zone === undefined) return { zone_type };
  if (typeof time_zone !== 'string' || !isZone(time_zone)) {
    throw refuse('schedule_invalid', `${fields.at('time_zone')} is not an IANA time zone, such as Europe/Berlin`);
  }
  if (zone_type === 2)
    throw refuse('schedule_invalid', `${fields.at('time_zone')} cannot be combined with zone_type 2`);
  return { zone_type, time_zone };
}
