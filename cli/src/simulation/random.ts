// Chance that is the same in every run with the same seed.

import { logFactorial } from '@overair/protocol/rollouts/binomial';

/** A number from 0 up to, not including, 1. */
export type Random = () => number;

/** Chris Doty-Humphrey's sfc32: 128 bits of state, passes PractRand. */
export function randomFrom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) ^ 0x243f6a88;
  let counter = 1;
  const next = (): number => {
    const mixed = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** How many of `count` devices do what each does with chance `share`. Exact for any size. */
export function drawBinomial(random: Random, count: number, share: number): number {
  if (count <= 0 || share <= 0) return 0;
  if (share >= 1) return count;
  if (share > 0.5) return count - drawBinomial(random, count, 1 - share);
  return count * share < 10 ? countByGaps(random, count, share) : countByRejection(random, count, share);
}

/** The gaps between successes are geometric. */
function countByGaps(random: Random, count: number, share: number): number {
  const logOfMiss = Math.log1p(-share);
  let successes = -1;
  for (let position = 0; position <= count; successes++) {
    position += Math.floor(Math.log(1 - random()) / logOfMiss) + 1;
  }
  return successes;
}

/** Transformed rejection, algorithm BTRS of W. Hörmann, "The generation of binomial random variates" (1993). */
function countByRejection(random: Random, count: number, share: number): number {
  const deviation = Math.sqrt(count * share * (1 - share));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const center = count * share + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((count + 1) * share);
  const logOdds = Math.log(share / (1 - share));
  const logAtMode = logFactorial(mode) + logFactorial(count - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = 1 - random();
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + center);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > count) continue;
    const height = Math.log((v * alpha) / (a / (distance * distance) + b));
    if (height <= logAtMode - logFactorial(k) - logFactorial(count - k) + (k - mode) * logOdds) return k;
  }
}
