// "Does anything need me?" for one caller: what it may see of all that needs somebody, the most urgent first.

import { listVisibleAppIds } from '../accounts/app-ids.ts';
import type { Caller } from '../accounts/caller.ts';
import { allows, findGrant, type Grant } from '../accounts/permissions.ts';
import { mayInServerOrg } from '../accounts/server-owner.ts';
import type { Db } from '../db/database.ts';
import { findMatters } from './find-matters.ts';
import type { MatterFound } from './matter.ts';
import { present } from './present.ts';
import type { AttentionRoom } from './room.ts';
import { sourceOf } from './sources.ts';
import { summaryOf } from './urgency.ts';

const MOST_SHOWN = 200;

/** Of one app where it is named: the door has found that the caller sees it. */
export async function listAttention(room: AttentionRoom, caller: Caller, app_id?: string, now = new Date()) {
  const shown = await present(room.db, await findVisible(room, caller, app_id, now), now);
  const open = shown.filter(({ acknowledged_at }) => acknowledged_at === null);
  return {
    status: open.length === 0 ? ('ok' as const) : ('attention' as const),
    message: summaryOf(open, shown.length - open.length),
    total: shown.length,
    data: shown.slice(0, MOST_SHOWN),
  };
}

/** In no order; at most `MOST_SHOWN` of a kind. */
export async function findVisible(room: AttentionRoom, caller: Caller, app_id: string | undefined, now: Date) {
  const { db } = room;
  const withServer = app_id === undefined && (await mayInServerOrg(db, caller, 'org.update_settings'));
  const apps = app_id === undefined ? await listVisibleAppIds(db, caller) : [app_id];
  const found = await findMatters(room, { apps, withServer, limit: MOST_SHOWN, now });
  return onlyVisible(db, caller, found);
}

/** Matters of the server were only looked for where the caller may see them. */
async function onlyVisible(db: Db, caller: Caller, found: readonly MatterFound[]): Promise<MatterFound[]> {
  const app_ids = new Set(found.map(({ app_id }) => app_id).filter((app_id) => app_id !== null));
  const grants = new Map<string, Grant | undefined>();
  for (const app_id of app_ids) grants.set(app_id, await findGrant(db, caller, { app_id }));
  return found.filter(({ kind, app_id, channel }) => {
    if (app_id === null) return true;
    const grant = grants.get(app_id);
    return grant !== undefined && allows(grant, sourceOf(kind).needs, channel?.id);
  });
}
