// What a device can be told.

import type { RefusalCode } from '@overair/protocol/device/refusals';
import type { Bundle, Channel } from './release-state.ts';
import type { RolloutChoice } from './rollout.ts';

/** Run this bundle. */
export interface Update {
  kind: 'update';
  bundle: Bundle;
  channel: Channel;
  /** Offer the list of files beside (or instead of) the zip. */
  withManifest: boolean;
  rollout: RolloutChoice;
}

/**
 * The device runs either the store's bundle or one of ours with the same name. Only when this one was offered to it
 * before does the decision hold; otherwise the answer is `alreadyOnStoreBundle`.
 */
type IfOffered = string | undefined;

/** Go back to the bundle that came with the store. */
interface BackToStore {
  kind: 'builtin';
  channel: Channel;
  ifOffered: IfOffered;
}

/** Nothing to run. `extra` are the further keys of the answer; `version` the bundle that was withheld. */
export interface Refusal {
  kind: 'refusal';
  code: RefusalCode;
  /** Instead of the code's usual words. */
  message?: string;
  extra?: Readonly<Record<string, string | boolean>>;
  version?: string;
  channel?: Channel;
  /** The channel that the device asked for and does not get. Not for its eyes. */
  asked?: string;
  ifOffered?: IfOffered;
}

export type Decision = Update | BackToStore | Refusal;

/** One line of the trace: which check spoke, and whether it let the device pass. */
export interface Step {
  check: string;
  passed: boolean;
  detail?: string;
}
