// The gate of a ramp: evidence that a bundle is good, not only that nothing was heard against it.

import { devicesOf, type Evidence } from './evidence.ts';

/** The chance that a bundle as bad as the gate refuses passes it, however often one looks. */
const RISK = 1 / 20;

/** Twice the tolerance or worse has to be refuted; half of it is what a good bundle does. With a tolerance of 1 %: 2 % and 0.5 %. */
const ratesOf = (tolerance: number) => ({ bad: 2 * tolerance, good: tolerance / 2 });

/** What one device that passed, and one that failed, adds to the logarithm of the evidence for the bundle. */
function weightsOf(tolerance: number): { passed: number; failed: number } {
  const { bad, good } = ratesOf(tolerance);
  return { passed: Math.log1p((bad - good) / (1 - bad)), failed: Math.log(good / bad) };
}

/** 0 at the beginning, 1 when the gate is open; below 0 when it speaks for a bad bundle. */
export function gateProgress(evidence: Evidence, tolerance: number): number {
  const { passed, failed } = devicesOf(evidence);
  const weights = weightsOf(tolerance);
  return (passed * weights.passed + failed * weights.failed) / -Math.log(RISK);
}

export const gateIsOpen = (evidence: Evidence, tolerance: number): boolean => gateProgress(evidence, tolerance) >= 1;

/** How many devices a good bundle needs on average: 367 at a tolerance of 1 %, 198 if none of them fails. */
export function devicesForGate(tolerance: number): number {
  const { good } = ratesOf(tolerance);
  const weights = weightsOf(tolerance);
  return Math.ceil(-Math.log(RISK) / ((1 - good) * weights.passed + good * weights.failed));
}
