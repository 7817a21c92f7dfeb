// "I know": a matter that somebody looks after counts for nobody any more, until it is over.

import { recordChange } from '../accounts/audit.ts';
import { type Actor, actorOf, type Caller } from '../accounts/caller.ts';
import { allows, findGrant } from '../accounts/permissions.ts';
import { findServerOrg, mayInServerOrg } from '../accounts/server-owner.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findVisible } from './list-attention.ts';
import type { MatterFound } from './matter.ts';
import { type Presented, present } from './present.ts';
import type { AttentionRoom } from './room.ts';
import { sourceOf } from './sources.ts';

/** Throws `matter_not_found` (404) for what is over or not for this caller to see, `not_authorized` (403) for who may only see it. */
export async function acknowledge(
  room: AttentionRoom,
  caller: Caller,
  id: string,
  now = new Date(),
): Promise<Presented> {
  const { db } = room;
  const found = (await findVisible(room, caller, undefined, now)).find((each) => each.id === id);
  if (found === undefined) throw new AppError('matter_not_found', 404, 'No such matter needs anybody now', { id });
  const org_id = await organizationOf(db, caller, found);
  const [before] = await present(db, [found], now);
  if (before!.acknowledged_at !== null) return before!;
  await db.transaction().execute((trx) => note(trx, actorOf(caller), org_id, before!));
  const [after] = await present(db, [found], now);
  return after!;
}

/** Of the matter, whose acknowledgement the caller has the right to. */
async function organizationOf(db: Db, caller: Caller, { kind, app_id, channel }: MatterFound): Promise<string> {
  const { answeredBy } = sourceOf(kind);
  if (app_id !== null) {
    const grant = await findGrant(db, caller, { app_id });
    if (grant && allows(grant, answeredBy, channel?.id)) return grant.org_id;
  } else if (await mayInServerOrg(db, caller, answeredBy)) return (await findServerOrg(db))!;
  throw new AppError('not_authorized', 403, 'This key or role sees the matter, and may not acknowledge it', { kind });
}

async function note(trx: Db, actor: Actor, org_id: string, matter: Presented): Promise<void> {
  const { id, kind, app_id } = matter;
  const acknowledged_by = actor.actor_apikey_name ?? actor.actor_user_email;
  const known = { acknowledged_at: new Date(), acknowledged_by };
  await trx
    .insertInto('attention_matters')
    .values({ matter_id: id, kind, org_id, app_id, shown: JSON.stringify(matter), ...known })
    .onConflict((conflict) => conflict.column('matter_id').where('over_at', 'is', null).doUpdateSet(known))
    .execute();
  const { acknowledged_at: _at, acknowledged_by: _by, ...facts } = matter;
  await recordChange(trx, actor, {
    ...{ org_id, table_name: 'attention', record_id: id },
    before: { ...facts, acknowledged_by: null },
    after: { ...facts, acknowledged_by },
  });
}
