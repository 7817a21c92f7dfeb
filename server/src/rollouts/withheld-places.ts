// Where bundles are withheld, as people see it, and how somebody lifts it.

import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { AppError } from '../errors.ts';
import { assertMayChange } from '../releases/channel-protection.ts';
import { listChannelsServing } from '../releases/channels.ts';
import { cannotAccessApp, cannotPromoteBundle } from '../releases/errors.ts';
import { findRelease } from '../releases/release-record.ts';
import { findWithheld, liftWithheld, listWithheld, type WithheldRow } from '../releases/withheld.ts';

export const presentWithheld = ({ bundle_name, channel_name, app_id: _, bundle_id: __, ...row }: WithheldRow) => ({
  ...row,
  bundle: bundle_name,
  channel: channel_name,
});

export async function showWithheld(db: Db, app_id: string, bundle?: string) {
  return (await listWithheld(db, app_id, bundle)).map(presentWithheld);
}

/** Whoever may release on every channel that serves the bundle may. To lift it twice changes nothing. */
export function lift(
  db: Db,
  actor: Actor,
  grant: Grant,
  { app_id, id, by }: { app_id: string; id: number; by: string },
) {
  return inTransaction(db, async (trx) => {
    const app = await lockApp(trx, app_id);
    if (!app) throw cannotAccessApp({ app_id });
    const before = await findWithheld(trx, app_id, id);
    if (before === undefined)
      throw new AppError('cannot_find_withheld', 404, 'Nothing is withheld under this id', { id });
    for (const channel of await listChannelsServing(trx, app_id, before.bundle_id)) {
      if (!allows(grant, 'channel.promote_bundle', channel.id)) throw cannotPromoteBundle({ channel: channel.name });
      assertMayChange(grant, channel);
    }
    if (before.lifted_at !== null) return presentWithheld(before);
    const after = await liftWithheld(trx, before, by);
    const release = await findRelease(trx, app_id, before.release_id);
    await recordChange(trx, actor, {
      org_id: app.owner_org,
      table_name: 'releases',
      record_id: before.release_id,
      before: { ...release, withheld: before },
      after: { ...release, withheld: after },
    });
    return presentWithheld(after);
  });
}
