import { expect, test } from 'vitest';
import { offsetMinutes } from './run-schedule.ts';
import { formatTime, nextRun, type PeriodicalTrigger, parseTime, parseTrigger } from './trigger.ts';

const at = (text: string): number => parseTime(text) ?? Number.NaN;
const now = at('2026-11-21 12:00:00');

function periodical(parts: Partial<PeriodicalTrigger['periodical']>): PeriodicalTrigger {
  const all = {
    start: '2026-11-21 13:00:00',
    end: '2027-03-01 00:00:00',
    time: '09:30:00',
    time_unit: 'DAY',
    frequency: 1,
    zone_type: 1,
  };
  return { periodical: { ...all, ...parts } as PeriodicalTrigger['periodical'] };
}

function runs(trigger: PeriodicalTrigger, count: number): string[] {
  const found: string[] = [];
  let after = now;
  while (found.length < count) {
    const next = nextRun(trigger, after);
    if (next === undefined) break;
    found.push(formatTime(next).slice(0, 10));
    after = next;
  }
  return found;
}

const rows: readonly (readonly [string, PeriodicalTrigger, string[]])[] = [
  ['daily begins after start', periodical({}), ['2026-11-22', '2026-11-23', '2026-11-24']],
  ['every third day', periodical({ frequency: 3 }), ['2026-11-24', '2026-11-27', '2026-11-30']],
  [
    'Monday and Friday',
    periodical({ time_unit: 'WEEK', point: ['MON', 'FRI'] }),
    ['2026-11-23', '2026-11-27', '2026-11-30'],
  ],
  [
    'every second week',
    periodical({ time_unit: 'WEEK', point: ['SUN'], frequency: 2 }),
    ['2026-11-22', '2026-12-06', '2026-12-20'],
  ],
  [
    'days that a month lacks are skipped',
    periodical({ time_unit: 'MONTH', point: ['31'] }),
    ['2026-12-31', '2027-01-31'],
  ],
];
test.each(rows)('%s', (_what, trigger, expected) => {
  expect(runs(trigger, 3)).toEqual(expected);
});

const wrong: readonly (readonly [string, object])[] = [
  ['two kinds', { single: { time: '2026-12-01 00:00:00' }, intelligent: { backup_time: 'now' } }],
  ['none', {}],
  ['a time with a T', { single: { time: '2026-12-01T00:00:00' } }],
  ['the 30th of February', { single: { time: '2027-02-30 00:00:00' } }],
  ['the past', { single: { time: '2026-11-21 11:59:59' } }],
  ['more than a year ahead', { single: { time: '2028-01-01 00:00:00' } }],
  ['zone_type 3', { single: { time: '2026-12-01 00:00:00', zone_type: 3 } }],
  ['frequency 101', periodical({ frequency: 101 })],
  ['an unknown day', periodical({ time_unit: 'WEEK', point: ['DAY'] })],
  ['a week without days', periodical({ time_unit: 'WEEK' })],
  ['no run before the end', periodical({ end: '2026-11-21 14:00:00' })],
];
test.each(wrong)('a trigger with %s is refused', (_what, trigger) => {
  expect(() => parseTrigger(trigger, now)).toThrow(expect.objectContaining({ code: 'push_8100' }));
});

test('a clock is read in each zone, daylight saving included', () => {
  expect(offsetMinutes('Europe/Berlin', at('2026-07-01 09:00:00'))).toBe(120);
  expect(offsetMinutes('Europe/Berlin', at('2026-12-01 09:00:00'))).toBe(60);
  expect(offsetMinutes('America/St_Johns', at('2026-12-01 09:00:00'))).toBe(-210);
  expect(offsetMinutes('Nowhere/Land', at('2026-12-01 09:00:00'))).toBe(0);
});
