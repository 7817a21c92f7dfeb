import { describe, expect, it } from 'vitest';
import type { Window } from '../manage/plan.ts';
import { isOpen, nextOpening } from './window.ts';

const office: Window = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00', zone: 'Europe/Berlin' };
const night: Window = { days: ['sat'], from: '22:00', to: '04:00' };

describe('a window', () => {
  it.each<[string, Window, string, boolean]>([
    ['the first minute, in winter', office, '2026-01-05T08:00:00Z', true],
    ['a minute before', office, '2026-01-05T07:59:59Z', false],
    ['the same hour of the day in summer', office, '2026-07-06T07:00:00Z', true],
    ['the end is outside', office, '2026-01-05T16:00:00Z', false],
    ['on Saturday', office, '2026-01-10T10:00:00Z', false],
    ['Sunday there, Saturday here', { days: ['sun'], zone: 'Pacific/Kiritimati' }, '2026-01-10T11:00:00Z', true],
    ['Saturday night', night, '2026-01-10T23:00:00Z', true],
    ['its hours after midnight', night, '2026-01-11T03:59:00Z', true],
    ['the early hours of Saturday belong to Friday', night, '2026-01-10T03:00:00Z', false],
    ['nothing said', {}, '2026-01-10T03:00:00Z', true],
    ['until midnight', { from: '20:00', to: '24:00' }, '2026-01-10T23:59:59Z', true],
  ])('%s', (_, window, at, expected) => {
    expect(isOpen(window, Date.parse(at))).toBe(expected);
  });

  it.each<[string, Window, string, string]>([
    ['is open', office, '2026-01-05T08:00:30Z', '2026-01-05T08:00:30.000Z'],
    ['over the weekend', office, '2026-01-09T16:30:10Z', '2026-01-12T08:00:00.000Z'],
    [
      'over the night in which clocks go forward',
      { ...office, days: ['mon'] },
      '2026-03-28T12:00:00Z',
      '2026-03-30T07:00:00.000Z',
    ],
    ['to the minute', { from: '09:07', to: '09:22' }, '2026-01-05T08:01:00Z', '2026-01-05T09:07:00.000Z'],
  ])('opens next: %s', (_, window, at, expected) => {
    expect(new Date(nextOpening(window, Date.parse(at))!).toISOString()).toBe(expected);
  });
});
