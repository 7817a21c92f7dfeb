// Progressive deploy: which of a channel's two bundles a device gets. Source: docs/protocol/device.md §4.4.

import { createHash } from 'node:crypto';
import type { Bundle, Channel } from './release-state.ts';

type RolloutReason =
  | 'none'
  | 'disabled'
  | 'already_on_rollout'
  | 'paused'
  | 'percentage_zero'
  | 'in_bucket'
  | 'outside_bucket';

export interface RolloutChoice {
  /** Undefined: the store's bundle. */
  bundle: Bundle | undefined;
  selected: boolean;
  reason: RolloutReason;
}

/** A device's place among 10,000, fixed for one rollout: raising its percentage only ever adds devices. */
export function rolloutBucketOf(rolloutId: string, deviceId: string): number {
  return createHash('sha256').update(`${rolloutId}:${deviceId}`).digest().readUInt32BE(0) % 10_000;
}

/** `appIsRollingOut`: some channel of the app has a rollout under way; without one, 0 % also moves devices off the rollout bundle. */
export function chooseBundle(
  channel: Channel,
  device: { device_id: string; version_name: string },
  appIsRollingOut: boolean,
): RolloutChoice {
  const { rollout } = channel;
  const stable = (reason: RolloutReason): RolloutChoice => ({ bundle: channel.bundle, selected: false, reason });
  if (rollout === undefined) return stable('none');
  if (!rollout.enabled) return stable('disabled');
  const target = (reason: RolloutReason): RolloutChoice => ({ bundle: rollout.bundle, selected: true, reason });
  const keepsIt = appIsRollingOut || (rollout.paused && rollout.percentageBps > 0);
  if (keepsIt && device.version_name === rollout.bundle.name) return target('already_on_rollout');
  if (rollout.paused) return stable('paused');
  if (rollout.percentageBps <= 0) return stable('percentage_zero');
  return rolloutBucketOf(rollout.id, device.device_id) < rollout.percentageBps
    ? target('in_bucket')
    : stable('outside_bucket');
}
