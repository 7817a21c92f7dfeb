// Stops a release, takes it back, or goes on with it: three changes of a channel's row that say nothing about its other settings.

import { randomUUID } from 'node:crypto';
import type { Actor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { ChannelRow } from './channel-rows.ts';
import { writeChannel } from './channels.ts';
import { isStoppedRelease, noRollout, stoppedRollout } from './release-change.ts';
import { findKeptBundle } from './release-record.ts';

/**
 * Nobody new is offered `bundle`; who runs it keeps it, and the others get the bundle that was kept last. False when the channel
 * does not serve it any more. Call with the app locked.
 */
export async function stopServing(
  trx: Db,
  actor: Actor,
  channel: ChannelRow,
  bundle: number,
  reason: string,
): Promise<boolean> {
  const paused = { rollout_paused_at: new Date(), rollout_pause_reason: reason };
  if (channel.rollout_version === bundle) {
    await writeChannel(trx, actor, channel, paused);
    return true;
  }
  if (channel.version !== bundle) return false;
  const kept = await findKeptBundle(trx, channel, bundle);
  await writeChannel(trx, actor, channel, {
    version: kept?.id ?? null,
    rollout_version: bundle,
    rollout_id: randomUUID(),
    ...stoppedRollout,
    ...paused,
  });
  return true;
}

/** Its devices return to the bundle that was kept last. Answers with that bundle's name. Call with the app locked. */
export async function takeBack(trx: Db, actor: Actor, channel: ChannelRow): Promise<string> {
  if (channel.rollout_version !== null) {
    await writeChannel(trx, actor, channel, { ...noRollout, rollout_id: randomUUID() });
    return nameOf(trx, channel.app_id, channel.version);
  }
  const kept = await findKeptBundle(trx, channel, channel.version);
  if (kept === undefined) {
    const sentence = `Channel ${channel.name} has no earlier release to return to. Put a bundle on it by name instead.`;
    throw new AppError('no_earlier_release', 400, sentence, { channel: channel.name });
  }
  await writeChannel(trx, actor, channel, { version: kept.id }, 'take_back');
  return kept.name;
}

/** Goes on where it was stopped: a rollout with its share, a plain release with everybody. Call with the app locked. */
export async function goOn(trx: Db, actor: Actor, channel: ChannelRow): Promise<void> {
  if (channel.rollout_version === null || channel.rollout_paused_at === null) return;
  const change = isStoppedRelease(channel)
    ? { ...noRollout, version: channel.rollout_version, rollout_id: randomUUID() }
    : { rollout_paused_at: null, rollout_pause_reason: null };
  await writeChannel(trx, actor, channel, change);
}

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
