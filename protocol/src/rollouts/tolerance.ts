// The share of devices on which a bundle may fail before the guard speaks, from the releases that a channel kept.

import { upperBound } from './binomial.ts';
import type { Trials } from './evidence.ts';

const LOWEST = 0.01;
/** A channel whose bundles fail on every eighth device has a fault that no habit excuses. */
const HIGHEST = 0.25;
const CONFIDENCE = 0.95;
/** With fewer devices the upper bound says how little is known, not how often bundles fail: even without a failure it exceeds 0.5 %. */
const LEAST_DEVICES = 600;

/** `kept`: devices of the channel's last releases that were kept, those of each by their last word. */
export function toleranceOf(kept: readonly Trials[]): number {
  const failed = kept.reduce((sum, trials) => sum + trials.failed, 0);
  const devices = kept.reduce((sum, trials) => sum + trials.passed, failed);
  if (devices < LEAST_DEVICES) return LOWEST;
  return Math.min(HIGHEST, Math.max(LOWEST, 2 * upperBound(failed, devices, CONFIDENCE)));
}
