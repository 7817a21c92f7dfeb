// The life of releases: what each deed of people and of the guard makes of a channel's record, what may be returned to, and what a
// deed makes the channel serve. Pure. `release-record.ts` stores what this file says, `release-deeds.ts` writes the channel.
//
// A channel serves its stable bundle, and a second one, the target of a rollout. Each has a release under way, which has not ended:
//
//   from \ deed   next bundle            stopped   gone on with   promoted   taken back    channel deleted
//   (no release)  running                –         –              –          –             –
//   running       kept or replaced (1)   stopped   –              running    taken_back    replaced
//   stopped       replaced               –         running        (2)        taken_back    replaced
//   kept          –                      (3)       –              –          taken_back    –
//
// 1. kept: everybody was offered it and nothing speaks against it. replaced: it is proven bad, or reached a share of devices only.
// 2. Who puts a stopped bundle on by its name, without the answer `keep`, begins a new release, which the guard judges anew.
// 3. When the stable release is stopped, the one kept before it is under way again: running. Nothing else brings a release back.
//
// A stopped stable release becomes the channel's target, which nobody new enters. Where the target is another rollout, it stays
// stopped beside both: who runs it keeps it. The next stable bundle ends it in either place.

import type { ReleaseState } from '@overair/protocol/manage/release';

export interface Release {
  readonly id: number;
  readonly kind: 'plain' | 'rollout' | 'rollback';
  /** Null: the bundle of the store. */
  readonly bundle: number | null;
  readonly previous: number | null;
  readonly state: ReleaseState;
  /** It is, or was, the stable bundle of its channel. */
  readonly isPromoted: boolean;
  /** The guard's evidence against it is complete, or a person stopped it; and no person kept it since. */
  readonly isProvenBad: boolean;
  readonly isBundleThere: boolean;
}

/** Of one channel, newest first. */
export type ReleaseHistory = readonly Release[];

export interface Serving {
  readonly stable: number | null;
  readonly target: number | null;
  readonly isPaused: boolean;
  /** The rollout is switched on, with a share of 100 %. */
  readonly isForEverybody: boolean;
}

export const NOTHING: Serving = { stable: null, target: null, isPaused: false, isForEverybody: false };

/** `bundle`: whose release it is about. A change is everything else that is written to a channel. */
export type Deed =
  | { readonly kind: 'change' }
  | { readonly kind: 'stop' | 'take_back' | 'go_on'; readonly bundle: number | null };

/** What changes in the record; `release` is an id. */
export type Step =
  | { readonly step: 'open'; readonly release: Opening }
  | { readonly step: 'move'; readonly release: number; readonly state: ReleaseState; readonly isPromoted?: true };

type Opening = Pick<Release, 'kind' | 'bundle' | 'previous' | 'state'>;

export const isOver = (state: ReleaseState): boolean => state !== 'running' && state !== 'stopped';

/** The guard does not judge a return to an older bundle again. */
export const isJudged = ({ kind }: Pick<Release, 'kind'>): boolean => kind !== 'rollback';

const underWay = (history: ReleaseHistory, bundle: number | null): Release | undefined =>
  history.find((release) => release.bundle === bundle && !isOver(release.state));

const newest = (history: ReleaseHistory, bundle: number | null): Release | undefined =>
  history.find((release) => release.bundle === bundle);

// ── What a change of what is served means for the record ──────────────────────────────────────────────────────────────────────

/** Stable bundle and target change apart, also where one request changes both. `before` is undefined for a new channel. */
export function stepsOf(
  history: ReleaseHistory,
  before: Serving | undefined,
  after: Serving,
  deed: Deed = { kind: 'change' },
): Step[] {
  const [from, to] = [distinct(before ?? NOTHING), distinct(after)];
  return [
    ...stepsOfStable(history, from, to, deed),
    ...stepsOfTarget(history, from, to, deed),
    ...stepsBeside(history, from, to, deed),
  ];
}

/** A rollout of the stable bundle serves nothing else. */
const distinct = (serving: Serving): Serving =>
  serving.target === serving.stable ? { ...serving, target: null } : serving;

const move = ({ id }: Release, state: ReleaseState): Step => ({ step: 'move', release: id, state });
const open = (kind: Release['kind'], bundle: number | null, previous: number | null, isPaused = false): Step => ({
  step: 'open',
  release: { kind, bundle, previous, state: isPaused ? 'stopped' : 'running' },
});

function stepsOfStable(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed): Step[] {
  if (from.stable === to.stable) return [];
  const isReturn = deed.kind === 'take_back' || isUndone(history, from, to, deed);
  return [...leaveStable(history, from, deed, isReturn), ...enterStable(history, from, to, deed, isReturn)];
}

function leaveStable(history: ReleaseHistory, { stable }: Serving, deed: Deed, isReturn: boolean): Step[] {
  // Also one that is over: what devices were taken from is never returned to.
  const left = isReturn ? newest(history, stable) : underWay(history, stable);
  if (left === undefined) return [];
  if (isReturn) return [move(left, 'taken_back')];
  return [move(left, deed.kind === 'stop' ? 'stopped' : endOf(left, true))];
}

function enterStable(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed, isReturn: boolean): Step[] {
  const there = underWay(history, to.stable);
  if (there !== undefined && (there.state === 'running' || deed.kind === 'go_on')) {
    return [{ step: 'move', release: there.id, state: 'running', isPromoted: true }];
  }
  if (deed.kind === 'stop') {
    const kept = newest(history, to.stable);
    if (to.stable === null) return [];
    return [kept?.state === 'kept' ? move(kept, 'running') : open('rollback', to.stable, from.stable)];
  }
  const ended = there === undefined ? [] : [move(there, 'replaced')];
  return [...ended, open(isReturn ? 'rollback' : 'plain', to.stable, from.stable)];
}

/** Who puts the bundle of before on by its name takes back, unless that bundle was taken back or stopped itself: then it is judged. */
function isUndone(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed): boolean {
  const left = underWay(history, from.stable);
  if (deed.kind !== 'change' || left === undefined) return false;
  const state = newest(history, to.stable)?.state;
  return left.previous === to.stable && (state === undefined || state === 'kept');
}

function stepsOfTarget(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed): Step[] {
  if (from.target === to.target) {
    const same = to.target === null ? undefined : underWay(history, to.target);
    if (same === undefined || from.isPaused === to.isPaused) return [];
    return [move(same, to.isPaused ? 'stopped' : 'running')];
  }
  return [...leaveTarget(history, from, to), ...enterTarget(history, from, to, deed)];
}

function leaveTarget(history: ReleaseHistory, from: Serving, to: Serving): Step[] {
  if (from.target === null || from.target === to.stable) return [];
  const left = underWay(history, from.target);
  if (left === undefined) return [];
  const isTakenBack = to.target === null && from.stable === to.stable;
  return [move(left, isTakenBack ? 'taken_back' : endOf(left, from.isForEverybody))];
}

function enterTarget(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed): Step[] {
  if (to.target === null || deed.kind === 'stop') return [];
  const there = to.target === from.stable ? undefined : underWay(history, to.target);
  const ended = there === undefined ? [] : [move(there, 'replaced')];
  return [...ended, open('rollout', to.target, to.stable, to.isPaused)];
}

function stepsBeside(history: ReleaseHistory, from: Serving, to: Serving, deed: Deed): Step[] {
  const beside = stoppedBeside(history, from).filter(
    ({ bundle }) => bundle !== to.stable && bundle !== to.target && bundle !== from.stable,
  );
  if (deed.kind === 'take_back') {
    return beside.filter(({ bundle }) => bundle === deed.bundle).map((release) => move(release, 'taken_back'));
  }
  const isNextBundle = deed.kind === 'change' && from.stable !== to.stable && !isUndone(history, from, to, deed);
  return isNextBundle ? beside.map((release) => move(release, 'replaced')) : [];
}

const stoppedBeside = (history: ReleaseHistory, { stable, target }: Serving): ReleaseHistory =>
  history.filter(({ bundle, state }) => state === 'stopped' && bundle !== target && bundle !== stable);

function endOf({ state, isProvenBad }: Release, isForEverybody: boolean): ReleaseState {
  return state === 'running' && !isProvenBad && isForEverybody ? 'kept' : 'replaced';
}

/** With its channel. */
export const stepsOfDeletion = (history: ReleaseHistory): Step[] =>
  history.filter(({ state }) => !isOver(state)).map((release) => move(release, 'replaced'));

/** A new stable bundle ends such a rollout as well: nobody who runs a bundle that was stopped is left with it. A pause is no stop. */
export const isStopped = (history: ReleaseHistory, { target, isPaused }: Serving): boolean =>
  target !== null && isPaused && underWay(history, target)?.isProvenBad === true;

/** The bundles that a channel may return to or go on with: while they are there, the guard can stop a release without a loss. */
export const bundlesToReturnTo = (history: ReleaseHistory, stable: number | null): number[] =>
  [
    wayBack(history, stable)?.bundle,
    ...history.filter(({ state }) => !isOver(state)).map(({ bundle }) => bundle),
  ].filter((bundle) => bundle !== undefined && bundle !== null);

// ── What a deed makes the channel serve ───────────────────────────────────────────────────────────────────────────────────────

interface WayBack {
  readonly bundle: number | null;
  /** A release that was kept later, and that devices may still run, lost its bundle. */
  readonly isPastGap: boolean;
}

/**
 * Where a channel returns to from its stable bundle: the last release that was kept and whose bundle is there. A bundle is what its newest
 * release made of it, so one that was taken back, stopped or replaced since is passed over. Undefined when the record goes no further back.
 */
export function wayBack(history: ReleaseHistory, leaving: number | null): WayBack | undefined {
  const passed = new Set([leaving]);
  let isPastGap = false;
  for (const { bundle, state, isBundleThere } of history) {
    if (passed.has(bundle)) continue;
    passed.add(bundle);
    if (state !== 'kept') continue;
    if (isBundleThere) return { bundle, isPastGap };
    isPastGap = true;
  }
  // Before its first release a channel left its devices with the bundle of the store.
  const first = history.at(-1);
  const beganWithStore = first !== undefined && first.previous === null && !passed.has(null);
  return beganWithStore && !isPastGap ? { bundle: null, isPastGap } : undefined;
}

/** Parts of what a channel serves; together with the deed for the record. */
export interface Plan {
  readonly deed: Deed;
  readonly change: Partial<Serving>;
}

/**
 * What the guard does to a channel for `action`; undefined: nothing. It takes no device to the bundle of the store, and passes over
 * no release that devices may still run: without a release to return to it stops, and the others keep what they run.
 */
export function planOfGuard(
  history: ReleaseHistory,
  serving: Serving,
  bundle: number,
  action: 'stop' | 'take_back',
): Plan | undefined {
  const way = wayBack(history, bundle);
  const kept = way === undefined || way.isPastGap ? null : way.bundle;
  const fallback = bundle === serving.stable ? kept : serving.stable;
  return action === 'take_back' && fallback !== null
    ? planOfTakingBack(history, serving, bundle, fallback)
    : planOfStopping(serving, bundle, kept);
}

function planOfStopping(serving: Serving, bundle: number, kept: number | null): Plan | undefined {
  const deed = { kind: 'stop', bundle } as const;
  const { stable, target, isPaused } = distinct(serving);
  if (bundle === stable) {
    const change = { stable: kept };
    return { deed, change: target === null ? { ...change, target: bundle, isPaused: true } : change };
  }
  return bundle === target && !isPaused ? { deed, change: { isPaused: true } } : undefined;
}

/** Devices that run `bundle` return to the stable one, or to `fallback` where it is the stable one. Undefined: it is not served. */
export function planOfTakingBack(
  history: ReleaseHistory,
  serving: Serving,
  bundle: number | null,
  fallback: number | null,
): Plan | undefined {
  const deed = { kind: 'take_back', bundle } as const;
  if (bundle === serving.stable) {
    return { deed, change: { stable: fallback, ...(bundle === serving.target && { target: null }) } };
  }
  if (bundle === serving.target) return { deed, change: { target: null } };
  return stoppedBeside(history, serving).some((release) => release.bundle === bundle)
    ? { deed, change: {} }
    : undefined;
}

/** Goes on where it was stopped: a rollout with its share, a stable release with everybody. Undefined: it was not. */
export function planOfGoingOn(history: ReleaseHistory, serving: Serving, bundle: number): Plan | undefined {
  const release = underWay(history, bundle);
  if (release?.state !== 'stopped') return undefined;
  const deed = { kind: 'go_on', bundle } as const;
  const isTarget = bundle === serving.target;
  if (isTarget && !release.isPromoted) return { deed, change: { isPaused: false } };
  return { deed, change: { stable: bundle, ...(isTarget && { target: null }) } };
}
