// Many releases of one kind, and how often each ending came.

import { randomFrom } from './random.ts';
import { type Ending, type OtherRule, simulateRelease } from './release.ts';
import type { Scenario } from './scenario.ts';

export interface Outcomes {
  readonly releases: number;
  /** Shares of the releases, from 0 to 1. */
  readonly stopped: number;
  readonly takenBack: number;
  readonly asked: number;
  readonly kept: number;
  /** Passed the step of 5 % without a person. */
  readonly passedGate: number;
  /** Stopped, or held for a person, with at most 5 % of the fleet offered the bundle. */
  readonly contained: number;
  readonly held: number;
  /** Medians; undefined when it never came. */
  readonly hoursToGate: number | undefined;
  readonly hoursToStop: number | undefined;
  /** Percent of the fleet that had started the bundle when it was stopped. */
  readonly exposedAtStop: number | undefined;
}

const CONTAINED_AT_SHARE = 5;

export function simulateReleases(
  scenario: Scenario,
  { releases, seed }: { releases: number; seed: number },
  makeOtherRule?: () => OtherRule,
): Outcomes {
  const endings: Ending[] = [];
  for (let index = 0; index < releases; index++) {
    endings.push(simulateRelease(scenario, randomFrom(seed * 2 ** 32 + index), makeOtherRule?.()));
  }
  return summarize(endings);
}

function summarize(endings: readonly Ending[]): Outcomes {
  const shareOf = (holds: (ending: Ending) => boolean) => endings.filter(holds).length / endings.length;
  const isEnded = ({ kind }: Ending) => kind === 'stopped' || kind === 'taken_back';
  const stopped = endings.filter(isEnded);
  return {
    releases: endings.length,
    stopped: shareOf(({ kind }) => kind === 'stopped'),
    takenBack: shareOf(({ kind }) => kind === 'taken_back'),
    asked: shareOf(({ kind }) => kind === 'asked'),
    kept: shareOf(({ kind }) => kind === 'kept'),
    passedGate: shareOf(({ passedGateHours }) => passedGateHours !== undefined),
    contained: shareOf(({ kind, share }) => kind !== 'kept' && share <= CONTAINED_AT_SHARE),
    held: shareOf(({ wasHeld }) => wasHeld),
    hoursToGate: median(endings.flatMap(({ passedGateHours }) => passedGateHours ?? [])),
    hoursToStop: median(stopped.map(({ hours }) => hours)),
    exposedAtStop: median(stopped.map(({ exposedShare }) => exposedShare)),
  };
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
