// Whether a bundle is withheld on one native build, or one OS version, where it fails while it runs elsewhere. Pure.

import { devicesOf, type Evidence, provesBad } from './evidence.ts';

/** With fewer nobody can tell a place from a few devices. */
export const FEWEST_FAILED_OF_PLACE = 3;

/** Of one network so many devices may speak against a bundle at a place: whoever invents devices has few networks. */
export const MOST_FAILED_OF_NETWORK = 2;

/**
 * The guard's own rule, on the devices of one place alone: a bundle that fails within the tolerance is ever withheld at a given place with
 * a chance of at most one in 1,000. `evidence` holds at most `MOST_FAILED_OF_NETWORK` failures of a network.
 */
export const isWithheldAt = (evidence: Evidence, tolerance: number): boolean =>
  devicesOf(evidence).failed >= FEWEST_FAILED_OF_PLACE && provesBad(evidence, tolerance);
