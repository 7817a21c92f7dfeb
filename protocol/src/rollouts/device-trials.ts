// When and how one device enters the evidence about a bundle: once for each trial, and never because of what it said.

import type { Evidence, Trials } from './evidence.ts';

/**
 * How long after its first word a trial waits for the last one. `set` comes first and `update_fail` follows when `appReadyTimeout` is
 * over (10 s unless the app says more). Passed or failed, a device enters after the same time: a success that had to wait longer than
 * a failure would make every young release look bad.
 */
export const HOLD_MS = 5 * 60_000;

/**
 * What a device reported about one trial. Times are those of this server: a device's clock may be years off. A check that names the
 * bundle is no word: a device that reports nothing could not have reported a failure either, so its success proves nothing.
 */
export interface TrialWord {
  /** When the server first heard of the trial, whatever it heard. */
  readonly firstAtMs: number;
  /** Whether the last word is a failure. Running beats an earlier failure. */
  readonly failed: boolean;
}

export type Counted = 'passed' | 'failed' | null;

/** How one device stands in the evidence; null: not yet. */
export interface CountedDevice {
  readonly opening: Counted;
  readonly starting: Counted;
}

export const NOT_COUNTED: CountedDevice = { opening: null, starting: null };

/**
 * How the trial counts from now on. A failure that was counted is taken back when the device runs the bundle after all: that only ever
 * lowers E, so the guarantee holds. A success stays one: what fails later is a crash, and changing it would raise E by choice.
 */
export function countTrial(word: TrialWord | undefined, counted: Counted, nowMs: number): Counted {
  if (word === undefined) return counted;
  if (counted === null) {
    if (nowMs - word.firstAtMs < HOLD_MS) return null;
    return word.failed ? 'failed' : 'passed';
  }
  return counted === 'failed' && !word.failed ? 'passed' : counted;
}

/** The evidence after a device went from one standing to another. */
export function recount(evidence: Evidence, before: CountedDevice, after: CountedDevice): Evidence {
  return {
    opening: recountTrial(evidence.opening, before.opening, after.opening),
    starting: recountTrial(evidence.starting, before.starting, after.starting),
  };
}

function recountTrial(trials: Trials, before: Counted, after: Counted): Trials {
  const change = (kind: 'passed' | 'failed') => Number(after === kind) - Number(before === kind);
  return { passed: trials.passed + change('passed'), failed: trials.failed + change('failed') };
}

/**
 * New devices of one network (an IPv4 /24, an IPv6 /48) that may enter the evidence about a release: their ids cost a stranger nothing,
 * and three failures with no success between them stop a release. One stranger and one unlucky device are not three.
 */
const NEW_DEVICES_PER_NETWORK = 1;
/** An app that has fewer devices is being tried out, often in one office: there nobody can tell a stranger. */
const FEWEST_KNOWN_DEVICES = 100;
const NEW_DEVICES_PER_NETWORK_IN_TRIAL = 20;

/**
 * Whether one more device may enter the evidence. `isNew`: this server did not know it before the release. `knownDevices`: how many of
 * the app it did know. `newOfNetwork`: new devices of the same network that entered already.
 */
export function mayCount(isNew: boolean, knownDevices: number, newOfNetwork: number): boolean {
  const limit = knownDevices < FEWEST_KNOWN_DEVICES ? NEW_DEVICES_PER_NETWORK_IN_TRIAL : NEW_DEVICES_PER_NETWORK;
  return !isNew || newOfNetwork < limit;
}
