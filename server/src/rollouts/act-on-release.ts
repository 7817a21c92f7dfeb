// What the guard does to a release once it is decided, whether devices or a number from outside spoke against it.

import { defaultGuard, type GuardAction, type GuardSettings, type GuardState } from '@overair/protocol/rollouts/guard';
import { recordChange } from '../accounts/audit.ts';
import { systemActor } from '../accounts/caller.ts';
import type { Db } from '../db/database.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findGuardDeed } from '../releases/release-deeds.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import type { GuardRow } from './guard-rows.ts';

interface Guarded {
  readonly channel: ChannelRow;
  readonly release: ReleaseRow;
  readonly guard: GuardRow;
}

interface Verdict {
  readonly action: GuardAction;
  readonly reason: string;
  /** Null: it is not what devices reported that speaks against the release. */
  readonly e: number | null;
}

export const settingsOf = ({ guard_action }: ChannelRow): GuardSettings =>
  guard_action === 'off' ? { ...defaultGuard, isOn: false } : { ...defaultGuard, action: guard_action };

export const stateOf = ({ acted, kept_at, held_at }: GuardRow): GuardState => ({
  acted,
  isHeld: held_at !== null,
  isKept: kept_at !== null,
});

/** Answers with what was done; undefined: there is nothing left to do. Call with the app and the guard locked. */
export async function actOnRelease(
  trx: Db,
  org_id: string,
  { channel, release, guard }: Guarded,
  { action, reason, e }: Verdict,
  now: Date,
): Promise<GuardAction | undefined> {
  const acted = await carryOut(trx, channel, release, action, reason);
  if (acted === undefined) return undefined;
  const told = { acted, acted_at: now, reason, e };
  await trx.updateTable('release_guards').set(told).where('release_id', '=', release.id).execute();
  await recordChange(trx, systemActor, {
    org_id,
    table_name: 'releases',
    record_id: release.id,
    before: { ...release, guard },
    after: { ...release, guard: { ...guard, ...told } },
  });
  return acted;
}

async function carryOut(
  trx: Db,
  channel: ChannelRow,
  { bundle_id }: ReleaseRow,
  action: GuardAction,
  reason: string,
): Promise<GuardAction | undefined> {
  if (action === 'tell' || bundle_id === null) return 'tell';
  const deed = await findGuardDeed(trx, channel, bundle_id, action);
  await deed?.carryOut(systemActor, reason);
  return deed?.did;
}
