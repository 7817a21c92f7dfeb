// When a schedule runs: reads the trigger of a v4 schedule and finds its next time.

import { pushError } from '../message/errors.ts';
import { Fields, isObject } from '../message/fields.ts';
import { instantOf, isZone } from './zones.ts';

interface SingleTrigger {
  readonly single: { readonly time: string; readonly zone_type: 1 | 2; readonly time_zone?: string };
}

export interface PeriodicalTrigger {
  readonly periodical: {
    readonly start: string;
    readonly end: string;
    readonly time: string;
    readonly time_unit: 'DAY' | 'WEEK' | 'MONTH';
    readonly point?: readonly string[];
    readonly frequency: number;
    readonly zone_type: 1 | 2;
    /** IANA name of the zone whose clock the times are of; UTC without it. */
    readonly time_zone?: string;
  };
}

interface IntelligentTrigger {
  readonly intelligent: { readonly backup_time: string };
}

export type Trigger = SingleTrigger | PeriodicalTrigger | IntelligentTrigger;

const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;
const WEEK = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const KINDS = ['single', 'periodical', 'intelligent'] as const;

/** Clock times of a trigger are UTC unless it names a zone. Zone type 2 shifts them for each device. */
export function parseTime(text: string | undefined): number | undefined {
  const found = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/.exec(text ?? '');
  const at = found ? Date.parse(`${found[1]}T${found[2]}Z`) : Number.NaN;
  // A day that its month lacks would silently become another one.
  return Number.isNaN(at) || formatTime(at) !== text ? undefined : at;
}

export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

export const kindOf = (trigger: Trigger): (typeof KINDS)[number] => KINDS.find((kind) => kind in trigger) ?? 'single';

/** Checks a trigger; throws 8100 with the field. */
export function parseTrigger(value: unknown, nowMs: number): Trigger {
  if (!isObject(value)) throw pushError(8100, 'trigger is not an object');
  const present = KINDS.filter((kind) => value[kind] !== undefined && value[kind] !== null);
  const [kind] = present;
  if (present.length !== 1 || !kind || !isObject(value[kind])) {
    throw pushError(8100, 'trigger needs exactly one of single, periodical, intelligent');
  }
  const fields = new Fields(value[kind], `trigger.${kind}`);
  if (kind === 'single') return parseSingle(fields, nowMs);
  return kind === 'periodical' ? parsePeriodical(fields, nowMs) : parseIntelligent(fields, nowMs);
}

function parseSingle(fields: Fields, nowMs: number): SingleTrigger {
  const time = read(fields, 'time');
  const zone = readZone(fields);
  const at = instantOf(demandTime(fields, 'time', time), zone.time_zone);
  if (at <= nowMs) throw pushError(8100, `${fields.at('time')} is in the past`);
  if (at > nowMs + YEAR_MS) throw pushError(8100, `${fields.at('time')} is more than a year ahead`);
  return { single: { time, ...zone } };
}

function parsePeriodical(fields: Fields, nowMs: number): PeriodicalTrigger {
  const [start, end, time] = [read(fields, 'start'), read(fields, 'end'), read(fields, 'time')];
  const from = demandTime(fields, 'start', start);
  const until = demandTime(fields, 'end', end);
  if (until <= from) throw pushError(8100, `${fields.at('end')} is not after start`);
  if (until - from > YEAR_MS) throw pushError(8100, `${fields.at('end')} is more than a year after start`);
  if (!/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(time)) throw pushError(8100, `${fields.at('time')} is not HH:mm:ss`);
  const time_unit = read(fields, 'time_unit').toUpperCase();
  if (time_unit !== 'DAY' && time_unit !== 'WEEK' && time_unit !== 'MONTH') {
    throw pushError(8100, `${fields.at('time_unit')} is not day, week or month`);
  }
  const frequency = fields.value('frequency') ?? 1;
  if (typeof frequency !== 'number' || !Number.isInteger(frequency) || frequency < 1 || frequency > 100) {
    throw pushError(8100, `${fields.at('frequency')} is not a whole number from 1 to 100`);
  }
  const point = parsePoint(fields, time_unit);
  const trigger: PeriodicalTrigger = {
    periodical: { start, end, time, time_unit, ...(point && { point }), frequency, ...readZone(fields) },
  };
  if (nextInstant(trigger, nowMs) === undefined) throw pushError(8100, `${fields.path} has no run before its end`);
  return trigger;
}

function parsePoint(fields: Fields, unit: 'DAY' | 'WEEK' | 'MONTH'): readonly string[] | undefined {
  const value = fields.value('point');
  if (unit === 'DAY') return undefined;
  const points = Array.isArray(value) ? value.map((each) => String(each).toUpperCase()) : [];
  const valid =
    unit === 'WEEK' ? (each: string) => WEEK.includes(each) : (each: string) => /^(0[1-9]|[12]\d|3[01])$/.test(each);
  if (points.length === 0 || !points.every(valid)) {
    throw pushError(8100, `${fields.at('point')} does not list ${unit === 'WEEK' ? 'MON to SUN' : '01 to 31'}`);
  }
  return points;
}

function parseIntelligent(fields: Fields, nowMs: number): IntelligentTrigger {
  const backup_time = read(fields, 'backup_time');
  if (backup_time !== 'now') {
    const at = demandTime(fields, 'backup_time', backup_time);
    if (at <= nowMs) throw pushError(8100, `${fields.at('backup_time')} is in the past`);
  }
  return { intelligent: { backup_time } };
}

function read(fields: Fields, key: string): string {
  const value = fields.value(key);
  if (typeof value !== 'string') throw pushError(8100, `${fields.at(key)} is missing or not a string`);
  return value;
}

function demandTime(fields: Fields, key: string, text: string): number {
  const at = parseTime(text);
  if (at === undefined) throw pushError(8100, `${fields.at(key)} is not yyyy-MM-dd HH:mm:ss`);
  return at;
}

function readZone(fields: Fields): { zone_type: 1 | 2; time_zone?: string } {
  const zone_type = fields.value('zone_type') ?? 1;
  if (zone_type !== 1 && zone_type !== 2) throw pushError(8100, `${fields.at('zone_type')} is not 1 or 2`);
  const time_zone = fields.value('time_zone');
  if (time_zone === undefined) return { zone_type };
  if (typeof time_zone !== 'string' || !isZone(time_zone)) {
    throw pushError(8100, `${fields.at('time_zone')} is not an IANA time zone, such as Europe/Berlin`);
  }
  if (zone_type === 2) throw pushError(8100, `${fields.at('time_zone')} cannot be combined with zone_type 2`);
  return { zone_type, time_zone };
}

/** The moment of the first run after a time; undefined when there is none left. */
export function nextInstant(trigger: Trigger, afterMs: number): number | undefined {
  const zone = zoneOf(trigger);
  if (zone === undefined) return nextRun(trigger, afterMs);
  // No clock of the world differs from UTC by more than a day.
  for (let clock = nextRun(trigger, afterMs - DAY_MS); clock !== undefined; clock = nextRun(trigger, clock)) {
    const at = instantOf(clock, zone);
    if (at > afterMs) return at;
  }
  return undefined;
}

function zoneOf(trigger: Trigger): string | undefined {
  if ('single' in trigger) return trigger.single.time_zone;
  return 'periodical' in trigger ? trigger.periodical.time_zone : undefined;
}

/** The first run after a time, undefined when there is none left. Clock time as UTC milliseconds. */
export function nextRun(trigger: Trigger, afterMs: number): number | undefined {
  if ('single' in trigger) return later(parseTime(trigger.single.time), afterMs);
  if ('intelligent' in trigger) {
    const { backup_time } = trigger.intelligent;
    return backup_time === 'now' ? undefined : later(parseTime(backup_time), afterMs);
  }
  const { start, end, time } = trigger.periodical;
  const from = parseTime(start) ?? 0;
  const until = parseTime(end) ?? 0;
  const clock = Date.parse(`1970-01-01T${time}Z`);
  const firstDay = Math.floor(from / DAY_MS);
  const searchFrom = Math.max(firstDay, Math.floor(afterMs / DAY_MS));
  for (let day = searchFrom; day * DAY_MS <= until; day += 1) {
    const at = day * DAY_MS + clock;
    if (at > afterMs && at >= from && at <= until && runsOn(trigger, firstDay, day)) return at;
  }
  return undefined;
}

const later = (at: number | undefined, afterMs: number): number | undefined =>
  at !== undefined && at > afterMs ? at : undefined;

/** `firstDay` and `day` count days since 1970. Every `frequency`-th day, week or month from the first. */
function runsOn({ periodical }: PeriodicalTrigger, firstDay: number, day: number): boolean {
  const { time_unit, point = [], frequency } = periodical;
  if (time_unit === 'DAY') return (day - firstDay) % frequency === 0;
  const date = new Date(day * DAY_MS);
  const first = new Date(firstDay * DAY_MS);
  if (time_unit === 'WEEK') {
    const weeks = Math.floor((mondayOf(day) - mondayOf(firstDay)) / 7);
    return weeks % frequency === 0 && point.includes(WEEK[date.getUTCDay()] ?? '');
  }
  const months = (date.getUTCFullYear() - first.getUTCFullYear()) * 12 + (date.getUTCMonth() - first.getUTCMonth());
  return months % frequency === 0 && point.includes(String(date.getUTCDate()).padStart(2, '0'));
}

/** 1970-01-01 was a Thursday. */
const mondayOf = (day: number): number => day - ((day + 3) % 7);
