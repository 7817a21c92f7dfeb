// What a simulated release is made of: the fleet, the bundle, and what goes wrong meanwhile.

import type { Plan } from '@overair/protocol/manage/plan';
import type { GuardAction } from '@overair/protocol/rollouts/guard';

export interface Scenario {
  readonly devices: number;
  readonly plan: Plan;
  /** Shares of devices on which the bundle fails. */
  readonly failsToOpen: number;
  readonly failsToStart: number;
  /** For two hours, this share of all downloads fails, of this bundle and of others. */
  readonly networkFault?: NetworkFault;
  /** Devices that a stranger invents behind one address; each is offered the bundle and reports that it failed. */
  readonly strangers?: { readonly devices: number; readonly atHour: number };
  /** The server's clock jumps by so many hours. */
  readonly clockJump?: { readonly hours: number; readonly atHour: number };
  /** Share of devices that report nothing, as old plugins without `statsUrl` do. */
  readonly muteShare: number;
  readonly action: GuardAction;
}

export interface NetworkFault {
  readonly atHour: number;
  readonly failing: number;
  /** Share of downloads that arrive cut off, so that the device reports a bundle that it cannot open. */
  readonly truncated: number;
}

/** A good bundle does not start on so many devices: what a phone does by itself. */
export const BACKGROUND_FAILURE = 0.005;
const FAILS_TO_OPEN = 0.0025;

export const TWO_HOUR_FAULT: NetworkFault = { atHour: 26, failing: 0.4, truncated: 0.01 };

/** Devices ask after 12 hours on average, start what they downloaded after 4. Source: release-safety figures in docs/benchmarks.md. */
export const MEAN_HOURS_TO_ASK = 12;
export const MEAN_HOURS_TO_START = 4;

/** A bundle that does not start on `failure` of devices. Of any bundle, some downloads cannot be opened at the first try. */
export function scenarioOf(devices: number, failure: number, plan: Plan): Scenario {
  return { devices, plan, failsToOpen: FAILS_TO_OPEN, failsToStart: failure, muteShare: 0.1, action: 'stop' };
}
