// What a person does with the plan of a release: pause it, resume it, take its next step now, or give the bundle to everybody.

import type { PlanAction } from '@overair/protocol/manage/plan';
import type { MovePlan } from '@overair/protocol/manage/release';
import { lockApp } from '../accounts/apps.ts';
import type { Actor } from '../accounts/caller.ts';
import type { Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { AppError } from '../errors.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { cannotAccessApp } from '../releases/errors.ts';
import { assertMayOffer } from '../releases/offer-more.ts';
import { lockPlanUnderWay, notePlanMove, type PlanRow, writePlan } from '../releases/release-plans.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import { enterStep } from './enter-step.ts';
import { assertMayRelease, getShown, getUnderWay } from './releases.ts';

export function movePlan(db: Db, actor: Actor, grant: Grant, input: MovePlan) {
  const { app_id, release_id, action, from_step } = input;
  return inTransaction(db, async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotAccessApp({ app_id });
    const { release, channel } = await getUnderWay(trx, grant, app_id, release_id);
    // Who may only release may pause a plan, and override nothing that it waits for.
    assertMayRelease(grant, channel, action !== 'pause');
    const plan = await lockPlanUnderWay(trx, release.id);
    if (plan === undefined) {
      throw new AppError('no_plan', 409, `No plan of release ${release_id} is under way`, { release_id });
    }
    assertStep(plan, from_step);
    if (action === 'next' || action === 'finish')
      await assertMayOffer(trx, actor, grant, channel, input.override_freeze);
    await DEEDS[action](trx, actor, { release, channel, plan }, new Date());
    return getShown(trx, grant, app_id, release_id);
  });
}

/** Who says "next" twice by mistake takes one step. */
function assertStep({ step }: PlanRow, from_step: number | undefined): void {
  if (from_step === undefined || from_step === step) return;
  const sentence = `The plan is at step ${step + 1} by now, not at step ${from_step + 1}: look at it again`;
  throw new AppError('stale_write', 409, sentence, { step });
}

interface Planned {
  readonly release: ReleaseRow;
  readonly channel: ChannelRow;
  readonly plan: PlanRow;
}

type MoveByPerson = (trx: Db, actor: Actor, planned: Planned, now: Date) => Promise<void>;

const DEEDS: Record<PlanAction, MoveByPerson> = {
  pause: (trx, actor, planned, now) => setState(trx, actor, planned, 'paused', now),
  resume: (trx, actor, planned, now) => setState(trx, actor, planned, 'running', now),
  async next(trx, actor, planned, now) {
    assertGoesOn(planned);
    await enterStep(trx, actor, planned, planned.plan.step + 1, now);
  },
  async finish(trx, actor, planned, now) {
    assertGoesOn(planned);
    await enterStep(trx, actor, planned, planned.plan.plan.steps.length - 1, now);
  },
};

/** Where it is so already, nothing happens. */
async function setState(
  trx: Db,
  actor: Actor,
  { release, channel, plan }: Planned,
  state: 'paused' | 'running',
  now: Date,
): Promise<void> {
  if (plan.state === state) return;
  const after = await writePlan(trx, plan.id, { state, looked_at: now });
  const noted = { move: state === 'paused' ? 'pause' : 'resume', at: now } as const;
  await notePlanMove(trx, actor, channel.owner_org, release, { before: plan, after }, noted);
}

function assertGoesOn({ release: { id, state, proven_bad_at, bundle_name } }: Planned): void {
  if (proven_bad_at !== null) {
    const sentence = `${bundle_name} is proven bad: keep release ${id} first if more devices are to get it`;
    throw new AppError('release_is_proven_bad', 409, sentence, { release_id: id });
  }
  if (state === 'stopped') {
    const sentence = `The rollout of ${bundle_name} is paused: resume it first`;
    throw new AppError('rollout_is_paused', 409, sentence, { release_id: id });
  }
}
