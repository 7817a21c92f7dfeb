// What the guard does when downloads of a release fail more often than those of other bundles: it pauses a rollout, and tells. It takes
// nothing from anybody.

import { recordChange } from '../accounts/audit.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { writeChannel } from '../releases/channels.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import type { GuardRow } from './guard-rows.ts';

interface Held {
  readonly channel: ChannelRow;
  readonly release: ReleaseRow;
  readonly guard: GuardRow;
}

/** Once for each release: who resumes the rollout has decided. Call with the app and the guard locked. */
export async function holdRelease(
  trx: Db,
  org_id: string,
  { channel, release, guard }: Held,
  reason: string,
  now: Date,
): Promise<void> {
  const told = { held_at: now, held_reason: reason };
  await trx.updateTable('release_guards').set(told).where('release_id', '=', release.id).execute();
  const isRollingOut =
    release.bundle_id !== null && channel.rollout_version === release.bundle_id && channel.rollout_paused_at === null;
  if (isRollingOut) {
    const pause = { rollout_paused_at: now, rollout_pause_reason: reason };
    // No stop: a plan waits for whoever resumes the rollout, and goes on.
    await writeChannel(trx, systemActor, channel, pause, { kind: 'change' });
  }
  await recordChange(trx, systemActor, {
    org_id,
    table_name: 'releases',
    record_id: release.id,
    before: { ...release, guard },
    after: { ...release, guard: { ...guard, ...told } },
  });
}
