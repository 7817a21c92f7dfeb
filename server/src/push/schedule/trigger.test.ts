import { expect, test } from 'vitest';
import { parseTrigger } from '../../doors/mtpush/dialect/trigger.ts';
import { formatTime, nextInstant, nextRun, type PeriodicalTrigger, parseTime, unpackTrigger } from './trigger.ts';
import { offsetMinutes } from './zones.ts';

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
  expect(() => parseTrigger(trigger, now)).toThrow(expect.objectContaining({ code: 'push_schedule_invalid' }));
});

test('a clock is read in each zone, daylight saving included', () => {
  expect(offsetMinutes('Europe/Berlin', at('2026-07-01 09:00:00'))).toBe(120);
  expect(offsetMinutes('Europe/Berlin', at('2026-12-01 09:00:00'))).toBe(60);
  expect(offsetMinutes('America/St_Johns', at('2026-12-01 09:00:00'))).toBe(-210);
  expect(offsetMinutes('Nowhere/Land', at('2026-12-01 09:00:00'))).toBe(0);
});

const berlin = 'Europe/Berlin';
const single = (time: string, time_zone: string) => ({ single: { time, zone_type: 1, time_zone } as const });
const moments: readonly (readonly [what: string, time: string, zone: string, utc: string])[] = [
  ['in winter', '2026-12-01 09:00:00', berlin, '2026-12-01 08:00:00'],
  ['in summer', '2027-07-01 09:00:00', berlin, '2027-07-01 07:00:00'],
  // 2027-03-28: from 02:00 to 03:00.
  ['just before the gap', '2027-03-28 01:59:59', berlin, '2027-03-28 00:59:59'],
  ['in the gap', '2027-03-28 02:30:00', berlin, '2027-03-28 01:30:00'],
  ['just after the gap', '2027-03-28 03:00:00', berlin, '2027-03-28 01:00:00'],
  // 2027-10-31: from 03:00 back to 02:00.
  ['in the overlap', '2027-10-31 02:30:00', berlin, '2027-10-31 00:30:00'],
  ['just after the overlap', '2027-10-31 03:00:00', berlin, '2027-10-31 02:00:00'],
  ['in a gap in the evening of UTC', '2027-03-14 02:30:00', 'America/New_York', '2027-03-14 07:30:00'],
  ['in an overlap in the evening of UTC', '2026-11-01 01:30:00', 'America/New_York', '2026-11-01 05:30:00'],
  ['in a gap of half an hour', '2027-10-03 02:15:00', 'Australia/Lord_Howe', '2027-10-02 15:45:00'],
  ['in the zone that is furthest ahead', '2026-12-01 09:00:00', 'Pacific/Kiritimati', '2026-11-30 19:00:00'],
];
test.each(moments)('a time %s runs when the clock of its zone shows it', (_what, time, zone, utc) => {
  expect(formatTime(nextInstant(single(time, zone), 0) ?? 0)).toBe(utc);
});

test('a daily time keeps its hour in its own zone when summer begins, and is sent once on each day', () => {
  const trigger = periodical({
    start: '2027-03-26 00:00:00',
    end: '2027-03-31 00:00:00',
    time: '02:30:00',
    time_zone: berlin,
  });
  const found: string[] = [];
  let next = nextInstant(trigger, at('2027-03-26 12:00:00'));
  for (; next !== undefined; next = nextInstant(trigger, next)) found.push(formatTime(next));
  expect(found).toEqual(['2027-03-27 01:30:00', '2027-03-28 01:30:00', '2027-03-29 00:30:00', '2027-03-30 00:30:00']);
});

test.each(['Nowhere/Land', '+02:00', '', 7])('the zone %j is refused', (time_zone) => {
  const trigger = { single: { time: '2026-12-01 09:00:00', time_zone } };
  expect(() => parseTrigger(trigger, now)).toThrow(expect.objectContaining({ code: 'push_schedule_invalid' }));
});

test('a time counts as past by the clock of its own zone', () => {
  const parse = (time_zone: string) => parseTrigger({ single: { time: '2026-11-21 12:30:00', time_zone } }, now);
  expect(() => parse(berlin)).toThrow(/past/);
  expect(parse('America/New_York')).toEqual(single('2026-11-21 12:30:00', 'America/New_York'));
  const both = { single: { time: '2026-12-01 09:00:00', time_zone: berlin, zone_type: 2 } };
  expect(() => parseTrigger(both, now)).toThrow(/zone_type 2/);
});

test('a trigger that was stored before a field was added has it when it is read', () => {
  const stored =
    '{"periodical":{"start":"2026-11-22 00:00:00","end":"2026-12-01 00:00:00","time":"08:00:00","time_unit":"DAY"}}';
  const trigger = unpackTrigger(JSON.parse(stored));
  expect(trigger).toMatchObject({ periodical: { frequency: 1, zone_type: 1 } });
  expect(nextRun(trigger, now)).toBe(at('2026-11-22 08:00:00'));
});

test('a kind of trigger that only a newer server knows is refused', () => {
  expect(() => unpackTrigger({ lunar: {} })).toThrow('lunar');
});
