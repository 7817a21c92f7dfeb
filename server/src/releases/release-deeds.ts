// Stops a release, takes it back, or goes on with it: changes of a channel's row that say nothing about its other settings.

import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findBundle } from './bundles.ts';
import type { ChannelRow } from './channel-rows.ts';
import { writeChannel } from './channels.ts';
import { noReleaseToReturnTo } from './errors.ts';
import { type Plan, planOfGoingOn, planOfGuard, planOfTakingBack, wayBack } from './release-life.ts';
import { readHistory } from './release-record.ts';
import { nextRolloutId } from './rollout-id.ts';
import { columnsOf, noRollout, servingOf } from './serving.ts';

/**
 * What the guard does to a channel that serves `bundle`: it may stop where it was to take back. Undefined: nothing is left to do. Answers
 * how to do it. Call with the app locked.
 */
export async function findGuardDeed(
  trx: Db,
  channel: ChannelRow,
  bundle: number,
  action: 'stop' | 'take_back',
): Promise<{ did: 'stop' | 'take_back'; carryOut: (actor: Actor, reason: string) => Promise<void> } | undefined> {
  const plan = planOfGuard(await readHistory(trx, channel), servingOf(channel), bundle, action);
  if (plan === undefined) return undefined;
  const did = plan.deed.kind === 'stop' ? 'stop' : 'take_back';
  return { did, carryOut: (actor, reason) => carryOut(trx, actor, channel, plan, reason) };
}

/** Returns a channel to where it was before its rollout, or before its stable bundle. Answers with the bundle's name. Call with the app locked. */
export function rollBackChannel(trx: Db, actor: Actor, channel: ChannelRow): Promise<string> {
  return takeBack(trx, actor, channel, channel.rollout_version ?? channel.version);
}

/** Devices that run `bundle` return to what was kept before it. Answers with that bundle's name. Call with the app locked. */
export async function takeBack(trx: Db, actor: Actor, channel: ChannelRow, bundle: number | null): Promise<string> {
  const [history, serving] = [await readHistory(trx, channel), servingOf(channel)];
  const way = bundle === serving.stable ? wayBack(history, bundle) : { bundle: serving.stable };
  const plan = way && planOfTakingBack(history, serving, bundle, way.bundle);
  if (plan === undefined) throw noReleaseToReturnTo(channel.name);
  await carryOut(trx, actor, channel, plan, null);
  return nameOf(trx, channel.app_id, way?.bundle ?? null);
}

/** Goes on where `bundle` was stopped: a rollout with its share, any other release with everybody. Call with the app locked. */
export async function goOn(trx: Db, actor: Actor, channel: ChannelRow, bundle: number): Promise<void> {
  const plan = planOfGoingOn(await readHistory(trx, channel), servingOf(channel), bundle);
  if (plan === undefined) return;
  if ((await findBundle(trx, channel.app_id, bundle)) === undefined) {
    const sentence = `The bundle of this release was deleted: channel ${channel.name} cannot offer it again.`;
    throw new AppError('bundle_is_deleted', 409, sentence, { channel: channel.name });
  }
  await carryOut(trx, actor, channel, plan, null);
}

/** Offers `bundle` to a share of the channel's devices, in basis points; the others keep the stable bundle. Call with the app locked. */
export async function rollOut(trx: Db, actor: Actor, channel: ChannelRow, bundle: number, bps: number): Promise<void> {
  const isSame = bundle === channel.rollout_version;
  const begun = {
    rollout_version: bundle,
    rollout_id: nextRolloutId(channel),
    ...columnsOf(channel, { isPaused: false }, null),
  };
  await writeChannel(trx, actor, channel, {
    ...(isSame ? {} : begun),
    rollout_enabled: true,
    rollout_percentage_bps: bps,
  });
}

/** Offers `bundle` to everybody: it becomes the stable one, and no rollout is left. Call with the app locked. */
export async function releaseToEverybody(trx: Db, actor: Actor, channel: ChannelRow, bundle: number): Promise<void> {
  const ended = channel.rollout_version === null ? {} : { ...noRollout, rollout_id: nextRolloutId(channel) };
  await writeChannel(trx, actor, channel, { version: bundle, ...ended });
}

/** `version` is always written, also where it stays: processes that decide for phones hear of it by that. */
const carryOut = (trx: Db, actor: Actor, channel: ChannelRow, { change, deed }: Plan, reason: string | null) =>
  writeChannel(trx, actor, channel, { version: channel.version, ...columnsOf(channel, change, reason) }, deed);

async function nameOf(trx: Db, app_id: string, bundle_id: number | null): Promise<string> {
  if (bundle_id === null) return 'builtin';
  const row = await trx
    .selectFrom('bundles')
    .select('name')
    .where('app_id', '=', app_id)
    .where('id', '=', bundle_id)
    .executeTakeFirstOrThrow();
  return row.name;
}
