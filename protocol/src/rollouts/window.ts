// The hours in which a ramp may take a step, on the clocks of one time zone.

import type { Day, Window } from '../manage/plan.ts';

const MINUTE_MS = 60_000;
/** A shorter one could lie between two probes. */
export const LEAST_WINDOW_MINUTES = 15;
const PROBE_MS = LEAST_WINDOW_MINUTES * MINUTE_MS;
/** A week and the day on which clocks change. */
const FARTHEST_MS = 8 * 24 * 60 * MINUTE_MS;

const DAYS: readonly Day[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Making one takes a hundred times as long as asking it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

export function isOpen(window: Window, nowMs: number): boolean {
  const { day, minute } = clockIn(window.zone ?? 'UTC', nowMs);
  const from = minuteOf(window.from ?? '00:00');
  const to = minuteOf(window.to ?? '24:00');
  const includes = (index: number) => window.days === undefined || window.days.includes(DAYS[(index + 7) % 7]!);
  if (from < to) return includes(day) && minute >= from && minute < to;
  // Over midnight: the early hours belong to the day before.
  return (includes(day) && minute >= from) || (includes(day - 1) && minute < to);
}

/** The first moment from `nowMs` on at which the window is open, to the minute. */
export function nextOpening(window: Window, nowMs: number): number | undefined {
  for (let probeMs = nowMs; probeMs <= nowMs + FARTHEST_MS; probeMs += PROBE_MS) {
    if (isOpen(window, probeMs)) return firstOpenMinute(window, Math.max(nowMs, probeMs - PROBE_MS), probeMs);
  }
  return undefined;
}

function firstOpenMinute(window: Window, fromMs: number, openMs: number): number {
  if (isOpen(window, fromMs)) return fromMs;
  for (let atMs = fromMs - (fromMs % MINUTE_MS) + MINUTE_MS; atMs < openMs; atMs += MINUTE_MS) {
    if (isOpen(window, atMs)) return atMs;
  }
  return openMs;
}

export function isTimeZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

function clockIn(zone: string, atMs: number): { day: number; minute: number } {
  const parts = formatterOf(zone).formatToParts(atMs);
  const partOf = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)!.value;
  const day = DAYS.indexOf(partOf('weekday').toLowerCase() as Day);
  return { day, minute: Number(partOf('hour')) * 60 + Number(partOf('minute')) };
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formatters.set(zone, made);
  return made;
}

export function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
