// How strongly what devices said speaks against a bundle: an e-process against a tolerated share of failures. Pure; the rule, its
// guarantee and its figures are in docs/protocol/device.md §10.6.

/** Devices that passed and devices that failed one trial. Everything about a trial that counts: the order does not. */
export interface Trials {
  readonly passed: number;
  readonly failed: number;
}

/**
 * A device tries a bundle twice: it opens what it downloaded, and hours later it starts it. The trials are apart because a failure to
 * open is known long before a success to start. Mixed into one product, early failures would meet successes that are still to come,
 * and good bundles would be stopped.
 */
export interface Evidence {
  readonly opening: Trials;
  readonly starting: Trials;
}

export const NO_EVIDENCE: Evidence = { opening: { passed: 0, failed: 0 }, starting: { passed: 0, failed: 0 } };

/** Each is the hypothesis "the bundle fails on so many times the tolerated share of devices". */
export const FAILURE_MULTIPLES = [2, 3, 5, 10, 20, 50] as const;

/** At a higher rate one success would outweigh everything, and a rate of 1 cannot be reached. */
const HIGHEST_RATE = 0.95;

/** Ville's inequality: E of a bundle that fails within the tolerance ever reaches this with a chance of at most one in 1,000. */
export const STOP_AT_E = 1000;

/**
 * Natural logarithm of E, the mean of the likelihood ratios of all hypotheses on both trials. It is computed from counts, so it has no
 * rounding errors to gather, and it is a logarithm because a million failures leave the range of a number.
 * `tolerance`: the tolerated share of devices, above 0 and below 1.
 */
export function logEvidence({ opening, starting }: Evidence, tolerance: number): number {
  const logs = [opening, starting].flatMap((trials) =>
    FAILURE_MULTIPLES.map((multiple) => logLikelihoodRatio(trials, tolerance, multiple * tolerance)),
  );
  return logOfMean(logs);
}

export const provesBad = (evidence: Evidence, tolerance: number): boolean =>
  logEvidence(evidence, tolerance) >= Math.log(STOP_AT_E);

/** Devices by their last word: whoever did not open the bundle could not start it. */
export const devicesOf = ({ opening, starting }: Evidence): Trials => ({
  passed: starting.passed,
  failed: starting.failed + opening.failed,
});

/** Logarithm of how much more likely the trials are at `rate` than at `tolerance`. */
function logLikelihoodRatio({ passed, failed }: Trials, tolerance: number, rate: number): number {
  const capped = Math.min(rate, Math.max(HIGHEST_RATE, tolerance));
  return failed * Math.log(capped / tolerance) + passed * Math.log1p((tolerance - capped) / (1 - tolerance));
}

/** The largest is taken out first, so that nothing overflows. */
export function logOfMean(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  const sum = logs.reduce((total, log) => total + Math.exp(log - largest), 0);
  return largest + Math.log(sum / logs.length);
}
