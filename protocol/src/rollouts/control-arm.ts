// Whether downloads of a bundle fail more often than downloads of others at the same time: an e-process against a control arm.

import { FAILURE_MULTIPLES, logOfMean, STOP_AT_E, type Trials } from './evidence.ts';

/** Downloads within one short period; failures are the network's. */
export interface ArmsOfPeriod {
  readonly ours: Trials;
  /** Devices that install another bundle in this period; for a plain release, those of the hour before it. */
  readonly control: Trials;
}

/** One logarithm a hypothesis: the odds of a failure are so many times those of the control arm. */
export type NetworkEvidence = readonly number[];

export const NO_NETWORK_EVIDENCE: NetworkEvidence = FAILURE_MULTIPLES.map(() => 0);

/**
 * Of the failures of a period, how many are ours? Where both arms fail alike that is a draw without replacement, by the arms' sizes. Its
 * generating function is at most that of independent draws (Hoeffding, 1963), so dividing by the latter keeps E a supermartingale.
 * A fault that hits both arms moves nothing, and neither does a period without a control arm.
 */
export function observePeriod(sums: NetworkEvidence, { ours, control }: ArmsOfPeriod): NetworkEvidence {
  const ourSize = ours.passed + ours.failed;
  const controlSize = control.passed + control.failed;
  const failed = ours.failed + control.failed;
  if (failed === 0 || ourSize === 0 || controlSize === 0) return sums;
  const ourShare = ourSize / (ourSize + controlSize);
  return FAILURE_MULTIPLES.map(
    (odds, index) => sums[index]! + ours.failed * Math.log(odds) - failed * Math.log1p(ourShare * (odds - 1)),
  );
}

export const logNetworkEvidence = (sums: NetworkEvidence): number => logOfMean(sums);

export const provesOurDownloadsFail = (sums: NetworkEvidence): boolean =>
  logNetworkEvidence(sums) >= Math.log(STOP_AT_E);
