// Begins to release a bundle by a plan: at the share of its first step, or of the step that the channel's rollout has reached.

import type { Plan } from '@overair/protocol/manage/plan';
import type { StartRelease } from '@overair/protocol/manage/release';
import { PlanError, parsePlan } from '@overair/protocol/rollouts/parse-plan';
import { lockApp } from '../accounts/apps.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import type { DevicesToWake } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';
import { findBundleByName } from '../releases/bundles.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannel, findChannelById } from '../releases/channels.ts';
import { cannotAccessApp, cannotFindChannel, cannotFindVersion } from '../releases/errors.ts';
import { assertMayOffer } from '../releases/offer-more.ts';
import { releaseToEverybody, rollOut } from '../releases/release-deeds.ts';
import { findPlanOfChannel, insertPlan, notePlanMove, writePlan } from '../releases/release-plans.ts';
import { findReleaseUnderWay, type ReleaseRow } from '../releases/release-record.ts';
import { assertFresh } from '../releases/stale-write.ts';
import { bpsOf, EVERYBODY_BPS } from './enter-step.ts';
import { assertMayRelease, getShown } from './releases.ts';

export function startRelease(db: Db, actor: Actor, grant: Grant, input: StartRelease) {
  const plan = readPlan(input.plan);
  return inTransaction(db, async (trx) => {
    if (!(await lockApp(trx, input.app_id))) throw cannotAccessApp(input);
    const channel = await findChannel(trx, input.app_id, input.channel);
    if (!channel || !allows(grant, 'channel.read', channel.id)) throw cannotFindChannel({ channel: input.channel });
    const planned = await findPlanOfChannel(trx, channel);
    // To end a rollout that somebody looks after by hand takes more than to release.
    assertMayRelease(grant, channel, channel.rollout_version !== null && planned === undefined);
    assertFresh(channel, input.expected_updated_at);
    const bundle = await findBundleByName(trx, input.app_id, input.version);
    if (!bundle) throw cannotFindVersion({ version: input.version });
    await assertMayOffer(trx, actor, grant, channel, input.override_freeze);
    await assertMayBegin(trx, channel, bundle, plan, planned?.release_id);
    const release = await begin(trx, actor, channel, bundle.id, plan);
    return getShown(trx, grant, input.app_id, release.id);
  });
}

function readPlan(given: unknown): Plan {
  try {
    return parsePlan(given);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new AppError('invalid_plan', 400, error.message);
  }
}

interface Bundle {
  readonly id: number;
  readonly name: string;
}

async function assertMayBegin(
  trx: Db,
  channel: ChannelRow,
  bundle: Bundle,
  { steps }: Plan,
  planned: number | undefined,
): Promise<void> {
  const [where, what] = [{ channel: channel.name }, `Channel ${channel.name}`];
  if (channel.version === bundle.id) {
    throw new AppError('already_served', 409, `${what} offers ${bundle.name} to everybody already`, where);
  }
  const known = await findReleaseUnderWay(trx, channel, bundle.id);
  if (known?.state === 'stopped') {
    const sentence = `${bundle.name} is stopped on ${channel.name}: keep release ${known.id} first, or release another bundle`;
    throw new AppError('release_is_stopped', 409, sentence, { ...where, release_id: known.id });
  }
  if (known !== undefined && known.id === planned) {
    const sentence = `${bundle.name} is under a plan on ${channel.name} already: move that of release ${known.id}`;
    throw new AppError('plan_under_way', 409, sentence, { ...where, release_id: known.id });
  }
  if (channel.version === null && steps.length > 1) {
    const sentence = `${what} serves no bundle yet that the other devices could keep: release its first one with the plan "at once"`;
    throw new AppError('missing_stable_version', 400, sentence, where);
  }
}

async function begin(trx: Db, actor: Actor, channel: ChannelRow, bundle: number, plan: Plan): Promise<ReleaseRow> {
  const at = new Date();
  const isSame = channel.rollout_version === bundle && channel.rollout_enabled;
  const reached = isSame ? channel.rollout_percentage_bps : 0;
  const step = Math.max(
    0,
    plan.steps.findLastIndex((_, index) => bpsOf({ plan }, index) <= reached),
  );
  const isAtOnce = step === plan.steps.length - 1;
  if (isAtOnce) await releaseToEverybody(trx, actor, channel, bundle);
  else await rollOut(trx, actor, channel, bundle, Math.max(reached, bpsOf({ plan }, step)));
  const release = (await findReleaseUnderWay(trx, channel, bundle))!;
  const wake = plan.notify === 'step' ? await firstDevices(trx, channel, reached) : null;
  const begun = await insertPlan(trx, release.id, { plan, step, at, wake });
  const ended = { state: 'finished', ended_at: at, reason: 'Everybody is offered it.' } as const;
  const after = isAtOnce ? await writePlan(trx, begun.id, ended) : begun;
  await notePlanMove(trx, actor, channel.owner_org, release, { before: undefined, after }, { move: 'start', at });
  return release;
}

/** Those that the plan adds to the ones that a rollout had before. A place among everybody is the same in every rollout. */
async function firstDevices(trx: Db, { app_id, id }: ChannelRow, from_bps: number): Promise<DevicesToWake> {
  const { rollout_id, rollout_version, rollout_percentage_bps } = (await findChannelById(trx, app_id, id))!;
  return { rollout_id, from_bps, to_bps: rollout_version === null ? EVERYBODY_BPS : rollout_percentage_bps };
}
