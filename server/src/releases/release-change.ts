// What a change of a channel's row means for what the channel serves. Pure.

import type { ChannelRow } from './channel-rows.ts';

type Served = Pick<ChannelRow, 'version' | 'rollout_version' | 'rollout_paused_at'>;

type ReleaseChange =
  /** `previous` is what devices had until now. */
  | {
      readonly kind: 'started';
      readonly as: 'plain' | 'rollout';
      readonly bundle: number | null;
      readonly previous: number | null;
    }
  /** Nobody new is offered `bundle`. */
  | { readonly kind: 'stopped'; readonly bundle: number }
  /** New devices are offered `bundle` again, or everybody is now. */
  | { readonly kind: 'resumed'; readonly bundle: number }
  /** Its devices return to what the channel serves otherwise. */
  | { readonly kind: 'taken_back'; readonly bundle: number };

const NOTHING: Served = { version: null, rollout_version: null, rollout_paused_at: null };

const EVERYBODY_BPS = 10_000;

export const noRollout = {
  rollout_version: null,
  rollout_enabled: false,
  rollout_percentage_bps: 0,
  rollout_paused_at: null,
  rollout_pause_reason: null,
} as const;

/** What a plain release becomes that is stopped: a rollout to everybody that nobody new enters. A new stable bundle ends it. */
export const stoppedRollout = { rollout_enabled: true, rollout_percentage_bps: EVERYBODY_BPS } as const;

export const isStoppedRelease = (channel: ChannelRow): boolean =>
  channel.rollout_version !== null &&
  channel.rollout_paused_at !== null &&
  channel.rollout_percentage_bps === EVERYBODY_BPS;

/** Undefined when the channel serves what it served. `before` is undefined for a new channel. */
export function releaseChange(before: Served = NOTHING, after: Served): ReleaseChange | undefined {
  const [target, newTarget] = [before.rollout_version, after.rollout_version];
  if (newTarget !== null && newTarget !== target) {
    // A plain release that is stopped becomes a rollout that nobody new enters.
    if (newTarget === before.version && after.rollout_paused_at !== null) return { kind: 'stopped', bundle: newTarget };
    return { kind: 'started', as: 'rollout', bundle: newTarget, previous: after.version };
  }
  if (target !== null && newTarget === null) {
    if (after.version === target) return { kind: 'resumed', bundle: target };
    if (after.version === before.version) return { kind: 'taken_back', bundle: target };
  }
  if (after.version !== before.version) {
    return { kind: 'started', as: 'plain', bundle: after.version, previous: before.version };
  }
  if (newTarget === null) return undefined;
  const [wasPaused, isPaused] = [before.rollout_paused_at !== null, after.rollout_paused_at !== null];
  if (wasPaused === isPaused) return undefined;
  return { kind: isPaused ? 'stopped' : 'resumed', bundle: newTarget };
}
