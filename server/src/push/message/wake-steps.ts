// Wakes the devices that a step of a plan added to its rollout, once: the message is accepted in the transaction that notes it.

import { inTransaction } from '../../db/in-transaction.ts';
import { findPlanToWake, listPlansToWake, noteWoken } from '../../releases/release-plans.ts';
import type { PushRoom } from '../room.ts';
import { notifyRelease } from './notify-release.ts';

/** Call when this server decides by the step already: a phone that is woken asks at once. */
export async function wakeSteps(room: PushRoom): Promise<void> {
  for (const plan_id of await listPlansToWake(room.db))
    await inTransaction(room.db, (trx) => wakeStep(room, trx, plan_id));
}

async function wakeStep(room: PushRoom, trx: PushRoom['db'], plan_id: number): Promise<void> {
  const found = await findPlanToWake(trx, plan_id);
  if (found === undefined) return;
  const { app_id, channel, bundle, isOffered, places } = found;
  const told = isOffered
    ? await notifyRelease(room, { app_id, channel, bundle, places }, trx)
    : ({ sent: false, reason: 'the release is no longer offered to further devices' } as const);
  await noteWoken(trx, plan_id, { at: new Date().toISOString(), ...told });
  if (!told.sent) room.warn({ app_id, channel, bundle, reason: told.reason }, 'the devices of a step were not woken');
}
