import { expect, test } from 'vitest';
import { byUrgency, summaryOf } from './urgency.ts';

const since = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-02T00:00:00Z');

test('the most urgent first: by severity, kind, and the newest', () => {
  const sorted = [
    { id: 'disk full', severity: 'critical', kind: 'disk', since },
    { id: 'guard', severity: 'critical', kind: 'guard_acted', since },
    { id: 'newer guard', severity: 'critical', kind: 'guard_acted', since: later },
    { id: 'a guard like the first', severity: 'critical', kind: 'guard_acted', since },
    { id: 'queue', severity: 'warning', kind: 'queue_behind', since },
    { id: 'disk', severity: 'warning', kind: 'disk', since },
  ] as const;
  expect([...sorted].sort(byUrgency).map(({ id }) => id)).toEqual([
    'newer guard',
    'a guard like the first',
    'guard',
    'disk full',
    'queue',
    'disk',
  ]);
});

test.each([
  [[], 0, 'All is well: nothing needs you.'],
  [[], 1, 'Nothing needs you: somebody looks after a matter.'],
  [[], 2, 'Nothing needs you: somebody looks after 2 matters.'],
  [['A.'], 1, 'A.'],
  [['A.', 'B.', 'C.'], 0, '3 matters need you. First: A.'],
])('%j and %d that somebody knows of', (messages, known, sentence) => {
  const open = messages.map((message) => ({ message }));
  expect(summaryOf(open, known)).toBe(sentence);
});
