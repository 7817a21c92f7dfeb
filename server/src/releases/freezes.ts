// Freezes: times in which nobody is offered anything new on a channel, or in a whole organization. What was released can always be stopped
// and taken back. Source: docs/protocol/management.md §6.17.

import { type Selectable, sql } from 'kysely';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { type Grant, hasRightOnChannel } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import type { FreezesTable } from '../db/tables/releases.ts';
import { AppError } from '../errors.ts';

export type FreezeRow = Selectable<FreezesTable>;

/** Of an app: those of its channels and of its organization. They are not over; the next to begin first. */
export const listFreezesOf = (db: Db, { org_id, app_id }: { org_id: string; app_id?: string | undefined }) =>
  selectOpen(db)
    .where('org_id', '=', org_id)
    .where((eb) => eb.or([eb('app_id', 'is', null), ...(app_id === undefined ? [] : [eb('app_id', '=', app_id)])]))
    .execute();

const selectOpen = (db: Db) =>
  db
    .selectFrom('freezes')
    .selectAll('freezes')
    .select((eb) =>
      eb
        .selectFrom('channels')
        .select('channels.name')
        .whereRef('channels.id', '=', 'freezes.channel_id')
        .as('channel'),
    )
    .where('ends_at', '>', sql<Date>`now()`)
    .orderBy('starts_at')
    .orderBy('freezes.id');

/** Those among them that hold for a channel. */
export const freezesOn = <Row extends Pick<FreezeRow, 'channel_id'>>(rows: readonly Row[], channel_id: number): Row[] =>
  rows.filter((row) => row.channel_id === null || row.channel_id === channel_id);

const isOn = ({ starts_at, ends_at }: Pick<FreezeRow, 'starts_at' | 'ends_at'>, now: Date): boolean =>
  starts_at <= now && now < ends_at;

/**
 * Refuses while a freeze holds, unless the caller names it and has the right to; that is in the audit log. `channel_id` undefined: the
 * channel is just made. Call with the app locked.
 */
export async function assertNotFrozen(
  trx: Db,
  actor: Actor,
  grant: Grant,
  channel: { readonly id: number | undefined; readonly name: string; readonly app_id: string },
  override: string | undefined,
): Promise<void> {
  const now = new Date();
  const rows = await listFreezesOf(trx, { org_id: grant.org_id, app_id: channel.app_id });
  for (const freeze of freezesOn(rows, channel.id ?? 0).filter((row) => isOn(row, now))) {
    const isNamed = override === freeze.name;
    if (!isNamed || !hasRightOnChannel(grant, 'app_admin', channel.id)) throw frozen(channel.name, freeze, isNamed);
    await recordFreeze(trx, actor, freeze, { ...freeze, overridden: { channel: channel.name, at: now } } as FreezeRow);
  }
}

function frozen(channel: string, { name, starts_at, ends_at, reason }: FreezeRow, isNamed: boolean): AppError {
  const why = reason === null ? '' : ` (${reason})`;
  const how = isNamed
    ? 'To override it takes the right admin'
    : `Release after that, or override it by its name (override_freeze, --override-freeze) with the right admin`;
  const sentence =
    `Channel ${channel} is frozen until ${ends_at.toISOString()} by "${name}"${why}. ${how}. ` +
    'What was released can be stopped and taken back all the same';
  const detail = { channel, freeze: name, from: starts_at, to: ends_at, override_needs: 'admin' };
  return new AppError('channel_frozen', 403, sentence, detail);
}

export const recordFreeze = (trx: Db, actor: Actor, before: FreezeRow | undefined, after: FreezeRow | undefined) => {
  const { id, org_id } = (after ?? before)!;
  return recordChange(trx, actor, { org_id, table_name: 'freezes', record_id: id, before, after });
};
