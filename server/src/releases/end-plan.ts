// Ends the plan of a channel's release when the channel is changed otherwise than by the plan, and says when a bundle ends the rollout.

import type { PlanMoveKind } from '@overair/protocol/manage/plan';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { findBundle } from './bundles.ts';
import type { ChannelRow } from './channel-rows.ts';
import { endOfPlan } from './plan-life.ts';
import { type Deed, isStopped } from './release-life.ts';
import { findPlanOfChannel, notePlanMove, writePlan } from './release-plans.ts';
import { findRelease, readHistory } from './release-record.ts';
import { servingOf } from './serving.ts';

const MOVES = {
  finished: 'finish',
  stopped: 'stop',
  taken_back: 'take_back',
  superseded: 'supersede',
} as const satisfies Record<string, PlanMoveKind>;

/** After the change is in the record of releases. `after` is undefined where the channel goes. Call with the app locked. */
export async function endChangedPlan(
  trx: Db,
  actor: Actor,
  before: ChannelRow,
  after: ChannelRow | undefined,
  deed?: Deed,
): Promise<void> {
  const plan = await findPlanOfChannel(trx, before);
  const release = plan && (await findRelease(trx, before.app_id, plan.release_id));
  if (plan === undefined || release === undefined) return;
  const end = endOfPlan({
    release: { state: release.state, isPromoted: release.promoted_at !== null },
    isStop: deed?.kind === 'stop' || (deed === undefined && actor.actor_type === 'system'),
    share: {
      before: percentOf(before),
      after: percentOf(after ?? before),
      ofStep: plan.plan.steps[plan.step]!.share,
    },
    isEnabled: after?.rollout_enabled ?? false,
    newBundle: after === undefined ? null : await newBundleOf(trx, before, after),
    stopReason: after?.rollout_pause_reason ?? null,
  });
  if (end === undefined) return;
  const at = new Date();
  const ended = await writePlan(trx, plan.id, { ...end, ended_at: at, asked_at: null, question: null });
  const move = { move: MOVES[end.state], at, reason: end.reason };
  await notePlanMove(trx, actor, before.owner_org, release, { before: plan, after: ended }, move);
}

const percentOf = ({ rollout_percentage_bps }: ChannelRow): number => rollout_percentage_bps / 100;

async function newBundleOf(trx: Db, before: ChannelRow, after: ChannelRow): Promise<string> {
  const id = after.version === before.version ? after.rollout_version : after.version;
  const bundle = id === null ? undefined : await findBundle(trx, after.app_id, id);
  return bundle?.name ?? 'builtin';
}

/** A new stable bundle ends the channel's rollout: one that was stopped, or that a plan would later put in the new bundle's place. */
export async function nextBundleEndsRollout(trx: Db, channel: ChannelRow): Promise<boolean> {
  const serving = servingOf(channel);
  if (serving.target === null) return false;
  return isStopped(await readHistory(trx, channel), serving) || (await findPlanOfChannel(trx, channel)) !== undefined;
}
