// Ranges of UTC days, as statistics are asked for.

import { DAY_MS, utcDay } from '../utc-day.ts';

export interface DayRange {
  /** `YYYY-MM-DD` of the first day. */
  firstDay: string;
  days: number;
  /** The moment that names a day in a series: the asked start, so many days later. */
  dateAt(index: number): string;
}

/** `to` is exclusive; a range that ends before it starts has its length all the same, as the contract counts. */
export function seriesRange(from: Date, to: Date): DayRange {
  const days = Math.round(Math.abs(to.getTime() - from.getTime()) / DAY_MS);
  return rangeFrom(from, days);
}

/** Both ends included. */
export function inclusiveRange(from: Date, to: Date): DayRange {
  const distance = Date.parse(utcDay(to)) - Date.parse(utcDay(from));
  return rangeFrom(from, Math.max(0, distance / DAY_MS + 1));
}

const rangeFrom = (from: Date, days: number): DayRange => ({
  firstDay: utcDay(from),
  days,
  dateAt: (index) => new Date(from.getTime() + index * DAY_MS).toISOString(),
});

export const addDays = (day: string, count: number): string => utcDay(Date.parse(day) + count * DAY_MS);
