import { expect, test } from 'vitest';
import { isWithheldAt } from './places.ts';

const trials = (failed: number, passed: number) => ({
  opening: { passed: failed + passed, failed: 0 },
  starting: { passed, failed },
});

test.each([
  ['two failures are no place', 2, 0, false],
  ['three of three are', 3, 0, true],
  ['three of a hundred are not', 3, 97, false],
  ['ten of a hundred are', 10, 90, true],
  ['a place within the tolerance is not, however large', 100, 9_900, false],
])('%s', (_, failed, passed, withheld) => {
  expect(isWithheldAt(trials(failed, passed), 0.01)).toBe(withheld);
});

test('what cannot be opened counts too', () => {
  const unopened = { opening: { passed: 0, failed: 3 }, starting: { passed: 0, failed: 0 } };
  expect(isWithheldAt(unopened, 0.01)).toBe(true);
});
