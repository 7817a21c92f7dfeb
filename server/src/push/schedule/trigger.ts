// When a schedule runs: its trigger, and the next time that it names.

import { DAY_MS } from '../../utc-day.ts';
import type { JsonObject } from '../fields.ts';
import { instantOf } from './zones.ts';

export interface SingleTrigger {
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

export interface IntelligentTrigger {
  readonly intelligent: { readonly backup_time: string };
}

export type Trigger = SingleTrigger | PeriodicalTrigger | IntelligentTrigger;

export const WEEK = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
export const TRIGGER_KINDS = ['single', 'periodical', 'intelligent'] as const;

/** What a stored trigger gets for a field that was added after it was stored. */
const SINGLE: SingleTrigger['single'] = { time: '', zone_type: 1 };
const PERIODICAL: PeriodicalTrigger['periodical'] = {
  start: '',
  end: '',
  time: '',
  time_unit: 'DAY',
  frequency: 1,
  zone_type: 1,
};
const INTELLIGENT: IntelligentTrigger['intelligent'] = { backup_time: 'now' };

/** A stored trigger, every field filled. Throws for a kind that only a newer server knows. */
export function unpackTrigger(stored: JsonObject): Trigger {
  const { single, periodical, intelligent } = stored as Partial<SingleTrigger & PeriodicalTrigger & IntelligentTrigger>;
  if (single) return { single: { ...SINGLE, ...single } };
  if (periodical) return { periodical: { ...PERIODICAL, ...periodical } };
  if (intelligent) return { intelligent: { ...INTELLIGENT, ...intelligent } };
  throw new Error(
    `A schedule is stored with the trigger ${Object.keys(stored).join()}, which only a newer server knows`,
  );
}

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

export const kindOf = (trigger: Trigger): (typeof TRIGGER_KINDS)[number] =>
  TRIGGER_KINDS.find((kind) => kind in trigger) ?? 'single';

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
