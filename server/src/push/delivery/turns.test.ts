import { expect, test } from 'vitest';
import { LANES, Turns } from './turns.ts';

test('apps take turns, whoever has more to send', () => {
  const turns = new Turns();
  const served = [1, 2, 3, 4, 5, 6].map(() => {
    const app_id = turns.begin(['c', 'a', 'b']);
    turns.end(app_id ?? '');
    return app_id;
  });
  expect(served).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});

test('an app that has no lane comes before one that has, also out of turn', () => {
  const turns = new Turns();
  expect([1, 2, 3, 4].map(() => turns.begin(['a', 'b']))).toEqual(['a', 'b', 'a', 'b']);
  turns.end('b');
  turns.end('b');
  expect([turns.begin(['a', 'b']), turns.begin(['a', 'b'])]).toEqual(['b', 'a']);
});

test('one app alone leaves a lane to whoever comes', () => {
  const turns = new Turns();
  const served = Array.from({ length: LANES }, () => turns.begin(['a']));
  expect(served).toEqual(['a', 'a', 'a', undefined]);
  expect(turns.begin(['a', 'b'])).toBe('b');
});
