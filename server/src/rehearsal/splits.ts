// What tells an app's devices apart, before or after a change: rollouts, and OS versions at which a bundle is withheld.

import type { BucketSplit } from '../devices/device-groups.ts';
import { osVersionOfKey } from '../releases/place.ts';
import type { AppState } from '../updates/release-state.ts';

const EVERYBODY_BPS = 10_000;

/** Each rollout that deals out its bundle by bucket, with every share that it has in one of the states. */
export function splitsOf(...states: readonly AppState[]): BucketSplit[] {
  const shares = new Map<string, Set<number>>();
  for (const { rollout } of states.flatMap(({ channels }) => channels)) {
    if (rollout === undefined || !rollout.enabled || rollout.paused) continue;
    if (rollout.percentageBps <= 0 || rollout.percentageBps >= EVERYBODY_BPS) continue;
    shares.set(rollout.id, (shares.get(rollout.id) ?? new Set()).add(rollout.percentageBps));
  }
  return [...shares].map(([rollout_id, set]) => ({ rollout_id, shares: [...set].sort((a, b) => a - b) }));
}

/** The OS versions at which a bundle that some channel offers is withheld. */
export function osVersionsOf(...states: readonly AppState[]): string[] {
  const bundles = states.flatMap(({ channels }) =>
    channels.flatMap(({ bundle, rollout }) => [bundle, rollout?.bundle]),
  );
  return [...new Set(bundles.flatMap((bundle) => [...(bundle?.withheldAt ?? [])].flatMap(osVersionOfKey)))];
}
