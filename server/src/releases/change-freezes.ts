// Who adds a freeze, removes it, and sees it.

import type { AddFreeze, ListFreezes, RemoveFreeze } from '@overair/protocol/manage/freeze';
import { type Actor, nameOfActor } from '../accounts/caller.ts';
import { allows, type Grant, hasRightOnChannel } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { AppError } from '../errors.ts';
import { assertMayChange } from './channel-protection.ts';
import type { ChannelRow } from './channel-rows.ts';
import { findChannel, findChannelById } from './channels.ts';
import { cannotAccessApp, cannotFindChannel } from './errors.ts';
import { type FreezeRow, listFreezesOf, recordFreeze } from './freezes.ts';

const MOST_FREEZES = 100;

interface Place {
  readonly app_id?: string | undefined;
  readonly channel?: string | undefined;
}

export async function listShownFreezes(db: Db, grant: Grant, { app_id, channel }: ListFreezes) {
  const rows = await listFreezesOf(db, { org_id: grant.org_id, app_id });
  const readable = rows.filter(({ channel_id }) => channel_id === null || allows(grant, 'channel.read', channel_id));
  return readable
    .filter((row) => channel === undefined || row.channel === null || row.channel === channel)
    .map(present);
}

export function addFreeze(db: Db, actor: Actor, grant: Grant, input: AddFreeze) {
  const { name, from, to, reason = null } = input;
  const [starts_at, ends_at] = [new Date(from), new Date(to)];
  if (starts_at >= ends_at) throw new AppError('invalid_to', 400, 'to must be after from');
  if (ends_at <= new Date()) throw new AppError('invalid_to', 400, 'to must not be over');
  return inTransaction(db, async (trx) => {
    const channel = await findPlace(trx, grant, input);
    const known = await listFreezesOf(trx, { org_id: grant.org_id, app_id: channel?.app_id });
    if (known.length >= MOST_FREEZES) {
      throw new AppError('too_many_freezes', 400, `At most ${MOST_FREEZES} freezes are kept: remove one first`);
    }
    const row = await trx
      .insertInto('freezes')
      .values({
        ...{ org_id: grant.org_id, app_id: channel?.app_id ?? null, channel_id: channel?.id ?? null },
        ...{ name, starts_at, ends_at, reason, created_by: nameOfActor(actor) },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordFreeze(trx, actor, undefined, row);
    return present({ ...row, channel: channel?.name ?? null });
  });
}

/** Undefined: the organization. Who may change the settings there may freeze it. */
async function findPlace(trx: Db, grant: Grant, { app_id, channel }: Place): Promise<ChannelRow | undefined> {
  if (app_id === undefined) return undefined;
  const row = channel === undefined ? undefined : await findChannel(trx, app_id, channel);
  if (!row || !allows(grant, 'channel.read', row.id)) throw cannotFindChannel({ channel: channel ?? null });
  assertMayFreeze(grant, row, { app_id });
  return row;
}

function assertMayFreeze(grant: Grant, channel: ChannelRow, place: { app_id: string }): void {
  if (!allows(grant, 'channel.update_settings', channel.id)) throw cannotAccessApp(place);
  assertMayChange(grant, channel);
}

/** Removing it lets releases through: it takes as much as to override it. */
export function removeFreeze(db: Db, actor: Actor, grant: Grant, { freeze_id, app_id }: RemoveFreeze) {
  return inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('freezes')
      .selectAll()
      .where('org_id', '=', grant.org_id)
      .where('id', '=', freeze_id)
      .forUpdate()
      .executeTakeFirst();
    const isHere = row !== undefined && row.app_id === (app_id ?? null);
    const channel = isHere && app_id !== undefined ? await findChannelById(trx, app_id, row.channel_id!) : undefined;
    if (!isHere || (app_id !== undefined && !(channel && allows(grant, 'channel.read', channel.id)))) {
      throw new AppError('cannot_find_freeze', 404, 'Cannot find freeze', { freeze_id });
    }
    if (channel && !hasRightOnChannel(grant, 'app_admin', channel.id)) {
      throw new AppError('not_authorized', 403, 'To remove a freeze takes the right admin', { freeze_id });
    }
    await trx.deleteFrom('freezes').where('id', '=', row.id).execute();
    await recordFreeze(trx, actor, row, undefined);
  });
}

const present = ({
  id,
  org_id,
  app_id,
  channel,
  name,
  starts_at,
  ends_at,
  reason,
  created_at,
  created_by,
}: FreezeRow & {
  channel: string | null;
}) => ({ id, org_id, app_id, channel, name, from: starts_at, to: ends_at, reason, created_at, created_by });
