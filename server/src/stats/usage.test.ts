import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentages } from './usage.ts';

test.each([
  [
    [1, 1, 1],
    [33.4, 33.3, 33.3],
  ],
  [
    [3, 2],
    [60, 40],
  ],
  [
    [7, 5, 1],
    [53.8, 38.5, 7.7],
  ],
  [
    [0, 0],
    [0, 0],
  ],
  [[5], [100]],
  [[], []],
])('%j are %j', (counts, shares) => {
  expect(percentages(counts)).toEqual(shares);
});

test('shares of anything sum to a hundred, and none is more than a tenth away from the truth', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 40 }), (counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const shares = percentages(counts);
      const sum = shares.reduce((tenths, share) => tenths + Math.round(share * 10), 0);
      expect(sum).toBe(total === 0 ? 0 : 1000);
      for (const [at, share] of shares.entries()) {
        expect(Math.abs(share - (total === 0 ? 0 : (counts[at]! * 100) / total))).toBeLessThan(0.1 + 1e-9);
      }
    }),
  );
});
