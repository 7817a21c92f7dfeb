// Releases as the management door shows them, and what a person may do with one.

import type { AnswerGuard, SendSignal } from '@overair/protocol/manage/release';
import { logEvidence } from '@overair/protocol/rollouts/evidence';
import { lockApp } from '../accounts/apps.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, channelsAllowed, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { AppError } from '../errors.ts';
import { assertMayChange } from '../releases/channel-protection.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannel, findChannelById } from '../releases/channels.ts';
import { cannotAccessApp, cannotFindChannel, cannotPromoteBundle } from '../releases/errors.ts';
import { listFreezesOf } from '../releases/freezes.ts';
import { assertMayOffer } from '../releases/offer-more.ts';
import { findGuardDeed, goOn, rollBackChannel, takeBack } from '../releases/release-deeds.ts';
import { findPlans } from '../releases/release-plans.ts';
import { findRelease, listReleases, noteProvenBad, type ReleaseRow } from '../releases/release-record.ts';
import { findWithheldOf } from '../releases/withheld.ts';
import { evidenceOf, findGuards, type GuardRow, keepRelease } from './guard-rows.ts';
import { presentPlan } from './present-plan.ts';
import { findSignals, takeSignal } from './signals.ts';
import { presentWithheld } from './withheld-places.ts';

const cannotFindRelease = (release_id: number) =>
  new AppError('cannot_find_release', 404, 'Cannot find release', { release_id });

const STOPPED_BY_PERSON = 'Stopped by a person';

const cannotStopStoreBundle = (release_id: number) =>
  new AppError('cannot_stop_builtin', 400, 'The bundle of the store is in the apps: nothing can stop it', {
    release_id,
  });

/** Newest first, 50 a page; of one channel where it is named. */
export async function listShown(
  db: Db,
  grant: Grant,
  { app_id, channel, page = 0 }: { app_id: string; channel?: string | undefined; page?: number | undefined },
) {
  const named = channel === undefined ? undefined : await findChannel(db, app_id, channel);
  if (channel !== undefined && (!named || !allows(grant, 'channel.read', named.id)))
    throw cannotFindChannel({ channel });
  const rows = await listReleases(db, app_id, named ? [named.id] : channelsAllowed(grant, 'channel.read'), page);
  return presentAll(db, grant, rows);
}

export async function getShown(db: Db, grant: Grant, app_id: string, release_id: number) {
  const [shown] = await presentAll(db, grant, [await getRelease(db, grant, app_id, release_id)]);
  return shown!;
}

async function getRelease(db: Db, grant: Grant, app_id: string, release_id: number): Promise<ReleaseRow> {
  const row = await findRelease(db, app_id, release_id);
  if (row === undefined || !allows(grant, 'channel.read', row.channel_id)) throw cannotFindRelease(release_id);
  return row;
}

/** Returns a channel, plain or rolling, to the release that was kept last. Answers with the name of its bundle. */
export function rollBack(db: Db, actor: Actor, grant: Grant, input: { app_id: string; channel: string }) {
  return inTransaction(db, async (trx) => {
    if (!(await lockApp(trx, input.app_id))) throw cannotAccessApp(input);
    const channel = await findChannel(trx, input.app_id, input.channel);
    if (!channel || !allows(grant, 'channel.read', channel.id)) throw cannotFindChannel({ channel: input.channel });
    assertMayRelease(grant, channel, channel.rollout_version !== null);
    return { channel: channel.name, bundle: await rollBackChannel(trx, actor, channel) };
  });
}

/** What a person says about a release: before the guard acted, or after. */
export function answerGuard(
  db: Db,
  actor: Actor,
  grant: Grant,
  { app_id, release_id, answer, override_freeze }: AnswerGuard,
) {
  return inTransaction(db, async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotAccessApp({ app_id });
    const { release, channel } = await getUnderWay(trx, grant, app_id, release_id);
    assertMayRelease(grant, channel, answer === 'keep' || channel.rollout_version === release.bundle_id);
    if (answer === 'stop') {
      if (release.bundle_id === null) throw cannotStopStoreBundle(release_id);
      await noteProvenBad(trx, release, new Date());
      const deed = await findGuardDeed(trx, channel, release.bundle_id, 'stop');
      await deed?.carryOut(actor, STOPPED_BY_PERSON);
    } else if (answer === 'keep') {
      if (release.state === 'stopped') await assertMayOffer(trx, actor, grant, channel, override_freeze);
      await keepRelease(trx, release);
      if (release.bundle_id !== null) await goOn(trx, actor, channel, release.bundle_id);
    } else await takeBack(trx, actor, channel, release.bundle_id);
    return getShown(trx, grant, app_id, release_id);
  });
}

/** A number from outside about a release under way. */
export function sendSignal(db: Db, actor: Actor, grant: Grant, input: SendSignal) {
  const { app_id, release_id } = input;
  return inTransaction(db, async (trx) => {
    const app = await lockApp(trx, app_id);
    if (!app) throw cannotAccessApp({ app_id });
    const underWay = await getUnderWay(trx, grant, app_id, release_id);
    assertMayRelease(grant, underWay.channel, false);
    await takeSignal(trx, actor, app.owner_org, underWay, input);
    return getShown(trx, grant, app_id, release_id);
  });
}

export async function getUnderWay(trx: Db, grant: Grant, app_id: string, release_id: number) {
  const release = await getRelease(trx, grant, app_id, release_id);
  const channel = await findChannelById(trx, app_id, release.channel_id);
  if (channel && release.ended_at === null) return { release, channel };
  throw new AppError('release_is_over', 409, `This release is over: ${release.state}`, { release_id });
}

/** As `POST /channel` asks: who may only upload cannot override the guard, nor end a rollout. */
export function assertMayRelease(grant: Grant, channel: ChannelRow, isAboutRollout: boolean): void {
  if (!allows(grant, 'channel.promote_bundle', channel.id)) throw cannotPromoteBundle({ channel: channel.name });
  if (isAboutRollout && !allows(grant, 'channel.update_settings', channel.id)) {
    const sentence = `To keep a release, or to end a rollout of channel ${channel.name}, takes the right write`;
    throw new AppError('cannot_access_app', 400, sentence, { channel: channel.name });
  }
  assertMayChange(grant, channel);
}

async function presentAll(db: Db, { org_id }: Grant, rows: readonly ReleaseRow[]) {
  const [guards, signals] = [await findGuards(db, rows), await findSignals(db, rows)];
  const withheld = await findWithheldOf(db, rows);
  const [plans, now] = [await findPlans(db, rows), new Date()];
  const freezes = plans.size === 0 ? [] : await listFreezesOf(db, { org_id, app_id: rows[0]!.app_id });
  return rows.map((row) => {
    const [guard, plan] = [guards.get(row.id), plans.get(row.id)];
    return {
      ...present(row, guard),
      signals: signals.get(row.id) ?? [],
      withheld: (withheld.get(row.bundle_id ?? 0) ?? []).map(presentWithheld),
      plan: plan === undefined ? null : presentPlan(row, plan, { guard, freezes }, now),
    };
  });
}

function present({ channel_name, bundle_name, previous_bundle_name, ...row }: ReleaseRow, guard: GuardRow | undefined) {
  return {
    ...row,
    channel: channel_name,
    bundle: bundle_name,
    previous: previous_bundle_name,
    guard: guard === undefined ? null : presentGuard(guard),
  };
}

function presentGuard(guard: GuardRow) {
  const evidence = evidenceOf(guard);
  // What was known when it acted stays on record; until then E is that of today.
  const e = guard.e ?? Math.min(Math.exp(logEvidence(evidence, guard.tolerance)), Number.MAX_VALUE);
  const { tolerance, held_back, acted, acted_at, reason, kept_at, held_at, held_reason } = guard;
  return { tolerance, ...evidence, e, held_back, acted, acted_at, reason, kept_at, held_at, held_reason };
}
