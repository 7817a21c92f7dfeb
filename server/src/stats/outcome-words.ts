// The last word of a device about a bundle: what it is after each thing that is heard of the device. Pure.
// Source: docs/protocol/device.md §10.5.

import { bundleReports } from '@overair/protocol/device/bundle-reports';

/** As stored in `device_outcomes` and `outcome_counts`. */
export const WORD = {
  none: 0,
  offered: 1,
  downloaded: 2,
  running: 3,
  failedBundle: 4,
  failedNetwork: 5,
  failedDevice: 6,
  crashed: 7,
  refused: 8,
  silent: 9,
  /** The device runs, or was offered, another bundle since. */
  replaced: 10,
  /** It was set as the bundle to run, and the app has not confirmed it yet. It is counted as running. */
  started: 11,
} as const;

/** Words of devices that run the bundle. */
const runningWords = [WORD.running, WORD.started] as const;

/** SQL: the word under which a word is counted. */
export const countedWord = (word: string): string =>
  `case ${word} when ${WORD.started} then ${WORD.running} else ${word} end`;

/** What can be heard of a device about a bundle. */
export type Signal =
  | 'offered'
  | 'refused'
  | 'downloaded'
  | 'started'
  /** The app said that it is well, or a check named the bundle. */
  | 'running'
  /** A check by a device whose channel serves what it runs, whoever offered it. */
  | 'found_running'
  | 'start_failed'
  | 'bundle_failed'
  | 'network_failed'
  | 'device_failed'
  | 'crashed';

const { none, offered, downloaded, running, failedBundle, failedNetwork, failedDevice, crashed, refused, replaced } =
  WORD;
const [N, O, D, R, FB, FN, FD, C, X, P, S] = [
  ...[none, offered, downloaded, running, failedBundle, failedNetwork, failedDevice, crashed, refused, replaced],
  WORD.started,
] as const;

/** The next word by the present one, which is the index. */
export type Moves = readonly number[];

/**
 * Only an offer, a refusal or a channel that serves the bundle makes a row: whoever was offered nothing counts nowhere.
 * A bad download makes two or three failures in any order: the bundle's fault outweighs the device's, and that the network's.
 * An offer that is repeated does not undo a failure; a new download does. The plugin says `set` before it starts a bundle
 * and `update_fail` when the app does not confirm it: that is the fault of the bundle. After it was confirmed, it is a crash.
 */
const own: Record<Signal, Moves> = {
  // present:      none offered downl. running bundle network device crash refused silent replaced started
  offered: /*     */ [O, O, D, R, FB, FN, FD, C, O, O, O, S],
  refused: /*     */ [X, X, D, R, FB, FN, FD, C, X, X, X, S],
  downloaded: /*  */ [N, D, D, R, D, D, D, C, D, D, D, S],
  started: /*     */ [N, S, S, R, S, S, S, S, S, S, S, S],
  running: /*     */ [N, R, R, R, R, R, R, R, R, R, R, R],
  found_running: /**/ [R, R, R, R, R, R, R, R, R, R, R, R],
  start_failed: /* */ [N, FB, FB, C, FB, FB, FB, C, FB, FB, FB, FB],
  bundle_failed: /**/ [N, FB, FB, R, FB, FB, FB, C, FB, FB, FB, S],
  network_failed: /**/ [N, FN, FN, R, FB, FN, FD, C, FN, FN, FN, S],
  device_failed: /**/ [N, FD, FD, R, FB, FD, FD, C, FD, FD, FD, S],
  crashed: /*     */ [N, C, C, C, C, C, C, C, C, C, C, C],
};

const unmoved: Moves = Object.values(WORD);
const moving = (from: readonly number[]): Moves => unmoved.map((word) => (from.includes(word) ? P : word));

/** What a word about one bundle means for the others: a device runs one bundle, and is offered one. */
const runsAnother = moving(runningWords);
const isOfferedAnother = moving([WORD.offered, WORD.downloaded, WORD.refused, WORD.silent]);

/** The word that a device has reached by a signal, also where a later one outweighs it. */
const reachedBy: Record<Signal, number> = {
  offered: WORD.offered,
  refused: WORD.refused,
  downloaded: WORD.downloaded,
  started: WORD.running,
  running: WORD.running,
  found_running: WORD.running,
  start_failed: WORD.failedBundle,
  bundle_failed: WORD.failedBundle,
  network_failed: WORD.failedNetwork,
  device_failed: WORD.failedDevice,
  crashed: WORD.crashed,
};

const signalNames = Object.keys(own) as Signal[];

/**
 * What can happen to a word, by number, each with the words that it leads to and the bit of the one that the device has reached by it:
 * first the signals about the bundle itself, then what a signal about another one means for it.
 */
export const STEPS: readonly { readonly moves: Moves; readonly bit: number }[] = [
  ...signalNames.map((signal) => ({ moves: own[signal], bit: 1 << reachedBy[signal] })),
  ...[runsAnother, isOfferedAnother, unmoved].map((moves) => ({ moves, bit: 0 })),
];
const [anotherRuns, anotherIsOffered, nothingHappens] = [0, 1, 2].map((at) => signalNames.length + at) as [
  number,
  number,
  number,
];

/** Of the bundle itself, after `signal` about it. */
export const ownStep = (signal: Signal): number => signalNames.indexOf(signal);

/** Of every other bundle of the device. */
export function otherStep(signal: Signal): number {
  if (signal === 'started' || signal === 'running' || signal === 'found_running') return anotherRuns;
  return signal === 'offered' || signal === 'refused' ? anotherIsOffered : nothingHappens;
}

export const nothingMoves = unmoved;

/** First `before`, then `after`. */
export const compose = (before: Moves, after: Moves): Moves => before.map((word) => after[word]!);

/** An archive that one device cannot unpack is shown as the device's fault. */
const failures = {
  bundle: 'bundle_failed',
  archive: 'device_failed',
  network: 'network_failed',
  device: 'device_failed',
} as const;

const signals = new Map<string, Signal>([
  ...['download_complete', 'download_zip_complete', 'download_manifest_complete'].map(
    (it) => [it, 'downloaded'] as const,
  ),
  ['set', 'started'],
  ['app_launch_ready', 'running'],
  ...Object.entries(bundleReports).flatMap(([action, { trial, fault }]) =>
    fault === null ? [] : [[action, trial === 'starting' ? 'start_failed' : failures[fault]] as const],
  ),
  ...['webview_dom_content_loaded', 'webview_page_loaded'].map((it) => [it, undefined] as never),
]);

/** Newer clients may know further kinds of crashes. */
const crashPattern = /^(app_crash|app_anr$|webview_)/;

/** What an action that a device reports says about its bundle; undefined when it says nothing. */
export function signalOf(action: string): Signal | undefined {
  if (signals.has(action)) return signals.get(action);
  return crashPattern.test(action) ? 'crashed' : undefined;
}
