// One channel and its record in memory, changed by the deeds of people, of the guard and of the nightly clean-up: the pure rules of
// `release-life.ts` together, as the shell around them applies them.

import {
  bundlesToReturnTo,
  type Deed,
  isOver,
  isStopped,
  NOTHING,
  type Plan,
  planOfGoingOn,
  planOfGuard,
  planOfTakingBack,
  type Release,
  type Serving,
  type Step,
  stepsOf,
  stepsOfDeletion,
  wayBack,
} from '../release-life.ts';

export class ChannelLife {
  /** Newest first. */
  history: Release[] = [];
  serving: Serving = NOTHING;
  isDeleted = false;
  readonly deleted = new Set<number>();
  #serial = 0;

  /** Somebody writes to the channel; a new stable bundle ends a rollout that the guard stopped. */
  write(change: Partial<Serving>): void {
    const isNext = change.stable !== undefined && change.stable !== this.serving.stable && change.target === undefined;
    const ends = isNext && isStopped(this.history, this.serving);
    this.#apply({ ...this.serving, ...change, ...(ends && { target: null, isPaused: false }) });
  }

  put = (bundle: number | null) => this.write({ stable: bundle });
  start = (bundle: number, isForEverybody = false) => this.write({ target: bundle, isPaused: false, isForEverybody });
  raise = () => this.write({ isForEverybody: true });
  pause = () => this.write({ isPaused: true });
  resume = () => this.write({ isPaused: false });
  promote = () => this.write({ stable: this.serving.target, target: null, isPaused: false });
  endRollout = () => this.write({ target: null, isPaused: false });

  /** A person returns the channel. False: there is nothing to return to. */
  rollBack(): boolean {
    return this.takeBack(this.serving.target ?? this.serving.stable);
  }

  takeBack(bundle: number | null): boolean {
    const way = bundle === this.serving.stable ? wayBack(this.history, bundle) : { bundle: this.serving.stable };
    return this.#carryOut(way && planOfTakingBack(this.history, this.serving, bundle, way.bundle));
  }

  keep(bundle: number): void {
    this.#note(bundle, false);
    this.#carryOut(planOfGoingOn(this.history, this.serving, bundle));
  }

  /** Its evidence is complete. False: nothing was done to the channel. */
  proveBad(bundle: number, action: 'stop' | 'take_back' | 'tell' = 'stop'): boolean {
    this.#note(bundle, true);
    return action !== 'tell' && this.#carryOut(planOfGuard(this.history, this.serving, bundle, action));
  }

  /** By its name; one that the channel serves cannot be. */
  deleteBundle(bundle: number): void {
    if (bundle === this.serving.stable || bundle === this.serving.target) return;
    this.deleted.add(bundle);
    this.history = this.history.map((each) => (each.bundle === bundle ? { ...each, isBundleThere: false } : each));
  }

  cleanUp(): void {
    const spared = bundlesToReturnTo(this.history, this.serving.stable);
    for (const { bundle } of this.history) {
      if (bundle !== null && !spared.includes(bundle)) this.deleteBundle(bundle);
    }
  }

  deleteChannel(): void {
    this.#take(stepsOfDeletion(this.history));
    this.isDeleted = true;
  }

  /** `2 rollout running`, newest first. */
  shown = (): string[] => this.history.map(({ kind, bundle, state }) => `${bundle ?? 'builtin'} ${kind} ${state}`);

  open = (): Release[] => this.history.filter(({ state }) => !isOver(state));

  #carryOut(plan: Plan | undefined): boolean {
    if (plan === undefined) return false;
    this.#apply({ ...this.serving, ...plan.change, ...(plan.change.target && { isForEverybody: true }) }, plan.deed);
    return true;
  }

  #apply(after: Serving, deed?: Deed): void {
    this.#take(stepsOf(this.history, this.serving, after, deed));
    this.serving = after;
  }

  #take(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.step === 'open') this.history.unshift(this.#opened(step.release));
      else {
        const { release, state, isPromoted } = step;
        this.history = this.history.map((each) =>
          each.id === release ? { ...each, state, ...(isPromoted && { isPromoted }) } : each,
        );
      }
    }
  }

  #opened = (opening: Pick<Release, 'kind' | 'bundle' | 'previous' | 'state'>): Release => ({
    ...opening,
    id: ++this.#serial,
    isPromoted: opening.kind !== 'rollout',
    isProvenBad: false,
    isBundleThere: opening.bundle === null || !this.deleted.has(opening.bundle),
  });

  #note(bundle: number, isProvenBad: boolean): void {
    this.history = this.history.map((each) =>
      each.bundle === bundle && !isOver(each.state) ? { ...each, isProvenBad } : each,
    );
  }
}
