// What the ramp of a release goes by: the evidence about it, how many devices there are, the calendar, and what holds it.

import { NO_EVIDENCE } from '@overair/protocol/rollouts/evidence';
import { devicesForGate } from '@overair/protocol/rollouts/gate';
import type { RampFacts, RampState, Wait } from '@overair/protocol/rollouts/ramp';
import { toleranceOf } from '@overair/protocol/rollouts/tolerance';
import type { Db } from '../db/database.ts';
import { countListening } from '../devices/count-listening.ts';
import { type FreezeRow, freezesOn } from '../releases/freezes.ts';
import { type PlanRow, writePlan } from '../releases/release-plans.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import { HOUR_MS } from '../utc-day.ts';
import { evidenceOf, type GuardRow } from './guard-rows.ts';

/** A device that did not ask for so long will not report about this step either. */
const SEEN_WITHIN_DAYS = 28;
/** More are not counted: then it is not known how many there are. */
const MOST_COUNTED = 100_000;

export const rampStateOf = (plan: PlanRow): RampState => ({
  step: plan.step,
  heldMs: plan.held_ms,
  lookedAtMs: plan.looked_at.getTime(),
  isAsking: plan.asked_at !== null,
});

/** Without a guard's row nothing was reported yet. */
export function rampFactsOf(
  release: ReleaseRow,
  plan: PlanRow,
  guard: GuardRow | undefined,
  freezes: readonly FreezeRow[],
): RampFacts {
  return {
    evidence: guard === undefined ? NO_EVIDENCE : evidenceOf(guard),
    tolerance: guard?.tolerance ?? toleranceOf([]),
    fleetDevices: plan.fleet_devices,
    freezes: freezesOn(freezes, release.channel_id).map(({ name, starts_at, ends_at }) => ({
      name,
      from: starts_at.toISOString(),
      to: ends_at.toISOString(),
    })),
    held: holdOf(release),
  };
}

function holdOf({ state, proven_bad_at }: ReleaseRow): Wait | null {
  if (proven_bad_at !== null) {
    return { code: 'guard', sentence: 'a person to keep the release or to take it back: it is proven bad' };
  }
  if (state === 'stopped') return { code: 'rollout_paused', sentence: 'somebody to resume the rollout' };
  return null;
}

/** Counted once an hour where a step asks for evidence: too few devices cannot give it, and then a person is asked at once. */
export async function countFleet(
  db: Db,
  { app_id, channel_name }: ReleaseRow,
  plan: PlanRow,
  guard: GuardRow | undefined,
  now: Date,
): Promise<void> {
  const step = plan.plan.steps[plan.step];
  const age = plan.fleet_counted_at === null ? Infinity : now.getTime() - plan.fleet_counted_at.getTime();
  if (step?.gate !== 'evidence' || (age >= 0 && age < HOUR_MS)) return;
  const needed = devicesForGate(guard?.tolerance ?? toleranceOf([]));
  const most = Math.min(MOST_COUNTED, Math.ceil((needed * 100) / step.share));
  const counted = await countListening(db, { app_id, channel: channel_name, seen_within_days: SEEN_WITHIN_DAYS, most });
  const fleet_devices = counted === MOST_COUNTED ? null : counted;
  await writePlan(db, plan.id, { fleet_devices, fleet_counted_at: now });
}
