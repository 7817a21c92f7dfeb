// Enters a step of a plan, by itself or because a person says so: the share of the channel's rollout follows, through the same write as
// any other change of the channel.

import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { DevicesToWake } from '../db/tables/releases.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { releaseToEverybody, rollOut } from '../releases/release-deeds.ts';
import { notePlanMove, type PlanRow, writePlan } from '../releases/release-plans.ts';
import type { ReleaseRow } from '../releases/release-record.ts';

export const EVERYBODY_BPS = 10_000;

interface Planned {
  readonly channel: ChannelRow;
  readonly release: ReleaseRow;
  readonly plan: PlanRow;
}

/** The share never falls: where somebody had given the bundle to more devices before the plan began, they keep it. Call with the app locked. */
export async function enterStep(
  trx: Db,
  actor: Actor,
  { channel, release, plan }: Planned,
  step: number,
  now: Date,
): Promise<void> {
  const bps = Math.max(bpsOf(plan, step), channel.rollout_percentage_bps);
  const wake = devicesAdded(channel, plan, bps);
  const entered = { step, step_entered_at: now, held_ms: 0, looked_at: now, asked_at: null, question: null };
  const after = await writePlan(trx, plan.id, { ...entered, wake });
  await notePlanMove(trx, actor, channel.owner_org, release, { before: plan, after }, { move: 'step', at: now });
  // A plan is written before the channel: what the channel becomes is then what the plan says, and does not end it.
  if (bps === EVERYBODY_BPS) await releaseToEverybody(trx, actor, channel, release.bundle_id!);
  else await rollOut(trx, actor, channel, release.bundle_id!, bps);
}

export const bpsOf = ({ plan }: Pick<PlanRow, 'plan'>, step: number): number =>
  Math.round(plan.steps[step]!.share * 100);

/** What an earlier step added and nobody woke yet is woken with this one. Null: the plan wakes nobody. */
function devicesAdded(channel: ChannelRow, { plan, wake }: PlanRow, to_bps: number): string | null {
  if (plan.notify !== 'step') return null;
  const { rollout_id, rollout_percentage_bps } = channel;
  const from_bps = wake?.rollout_id === rollout_id ? wake.from_bps : rollout_percentage_bps;
  return JSON.stringify({ rollout_id, from_bps, to_bps } satisfies DevicesToWake);
}
