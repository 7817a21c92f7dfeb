// What a change of a channel means for the plan that its release is under. Pure: the plan's own steps change the channel to what the
// plan says, everything else that changes what is served ends it.

import type { PlanState } from '@overair/protocol/manage/plan';
import type { ReleaseState } from '@overair/protocol/manage/release';

interface PlanChange {
  /** What the change made of the plan's release. */
  readonly release: { readonly state: ReleaseState; readonly isPromoted: boolean };
  /** By the guard's rule or the vendor's, or a person who stops the release: not a pause of the rollout, after which it goes on. */
  readonly isStop: boolean;
  /** Percent, as the channel has it and as the plan's step does. */
  readonly share: { readonly before: number; readonly after: number; readonly ofStep: number };
  readonly isEnabled: boolean;
  /** What the channel serves besides, by name, where that changed. */
  readonly newBundle: string | null;
  readonly stopReason: string | null;
}

interface PlanEnd {
  readonly state: Exclude<PlanState, 'running' | 'paused'>;
  readonly reason: string;
}

/** Undefined: the plan goes on. */
export function endOfPlan(change: PlanChange): PlanEnd | undefined {
  const { release, isStop, share, isEnabled, newBundle, stopReason } = change;
  switch (release.state) {
    case 'taken_back':
      return { state: 'taken_back', reason: 'The release was taken back.' };
    case 'kept':
    case 'replaced':
      return {
        state: 'superseded',
        reason: newBundle === null ? 'The channel was deleted.' : `${newBundle} was released.`,
      };
    case 'stopped':
      return isStop ? { state: 'stopped', reason: stopReason ?? 'The release was stopped.' } : undefined;
    case 'running':
      break;
  }
  if (release.isPromoted) return { state: 'finished', reason: 'Everybody is offered it.' };
  if (!isEnabled) return { state: 'superseded', reason: 'The rollout was switched off.' };
  if (share.after !== share.before && share.after !== share.ofStep) {
    return { state: 'superseded', reason: `The share was set to ${share.after} %.` };
  }
  return undefined;
}
