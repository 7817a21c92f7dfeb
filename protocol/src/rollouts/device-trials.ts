// How one device stands in the evidence about a bundle: once for each trial, by its last word.

import type { Evidence, Trials } from './evidence.ts';

/** What a device reported last about one trial; null: nothing yet. */
export type Word = 'passed' | 'failed' | null;

/**
 * A check that names the bundle is no word: a device that reports nothing could not have reported a failure either, so its success proves
 * nothing.
 *
 * A device enters with its first word and is recounted when the last one changes: `set` comes before `update_fail`, and a download that
 * could not be opened is tried again. That keeps the guarantee. Let a device enter a second count with its first word as well, as failed if
 * its word ever is a failure. That count is a supermartingale while at most the tolerated share of devices ever fails, for when a
 * device enters does not depend on what it will say. Our E never exceeds it: here a failure enters later or is taken back.
 */
export interface DeviceWords {
  readonly opening: Word;
  readonly starting: Word;
}

export const NO_WORDS: DeviceWords = { opening: null, starting: null };

/** The evidence after the words of a device changed. */
export function recount(evidence: Evidence, before: DeviceWords, after: DeviceWords): Evidence {
  return {
    opening: recountTrial(evidence.opening, before.opening, after.opening),
    starting: recountTrial(evidence.starting, before.starting, after.starting),
  };
}

function recountTrial(trials: Trials, before: Word, after: Word): Trials {
  const change = (word: 'passed' | 'failed') => Number(after === word) - Number(before === word);
  return { passed: trials.passed + change('passed'), failed: trials.failed + change('failed') };
}

/** An app that has fewer devices is being tried out, often in one office: there nobody can tell a stranger from a tester. */
const FEWEST_KNOWN_DEVICES = 100;
const MOST_NEW_DEVICES = 20;

/**
 * Whether a device may enter the evidence. Ids cost a stranger nothing, and three failures with no success between them stop a release:
 * where the server knew a fleet before the release, only that fleet is asked. `isNew`: it did not know this device. `knownDevices`: how
 * many of the app it did know. `newDevices`: how many new ones entered already.
 */
export const mayCount = (isNew: boolean, knownDevices: number, newDevices: number): boolean =>
  !isNew || (knownDevices < FEWEST_KNOWN_DEVICES && newDevices < MOST_NEW_DEVICES);
