// Numbers that this server asks an owner's address for: which ones, and what happens with each answer.

import { MOST_POLLED, type SavePolled } from '@overair/protocol/manage/polled';
import { type Selectable, sql } from 'kysely';
import { type AppIds, isAmongApps, lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, channelsAllowed, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import type { PolledNumbersTable } from '../db/tables/rollouts.ts';
import { AppError } from '../errors.ts';
import { refuseUrl } from '../net/safe-connect.ts';
import { assertMayChange } from '../releases/channel-protection.ts';
import type { ChannelRow } from '../releases/channel-rows.ts';
import { findChannel, listChannelNames } from '../releases/channels.ts';
import { cannotAccessApp, cannotFindChannel } from '../releases/errors.ts';
import type { Vault } from '../secrets.ts';

type PolledRow = Selectable<PolledNumbersTable>;

const USUAL_INTERVAL_SECONDS = 300;

/** What follows the `?` may be a secret: it is sealed, and never shown again. */
function splitUrl(url: string): { readonly url: string; readonly query: string } {
  const { origin, pathname, search } = new URL(url);
  return { url: origin + pathname, query: search };
}

const queryPurpose = (app_id: string): string => `query of a polled number of ${app_id}`;

/** The address to ask. Throws where the query was sealed with another secret. */
export const addressOf = (vault: Vault, { app_id, url, query_sealed }: PolledRow): string =>
  query_sealed === null ? url : url + vault.open(query_sealed, queryPurpose(app_id));

const present = (
  { channel_id: _, app_id: _app, next_poll_at: _next, query_sealed: _query, ...row }: PolledRow,
  channel: string,
) => ({
  ...row,
  channel,
});

/** Of the channels that the caller may read, or of one of them. */
export async function listPolled(
  db: Db,
  grant: Grant,
  { app_id, channel }: { app_id: string; channel?: string | undefined },
) {
  const named = channel === undefined ? undefined : await getChannel(db, grant, app_id, channel);
  const ids = named === undefined ? channelsAllowed(grant, 'channel.read') : [named.id];
  const query = db.selectFrom('polled_numbers').selectAll().where('app_id', '=', app_id);
  const rows = await (ids === 'all' ? query : query.where('channel_id', 'in', ids.length > 0 ? ids : [0]))
    .orderBy('channel_id')
    .orderBy('name')
    .execute();
  const names = await listChannelNames(db, app_id);
  return rows.map((row) => present(row, names.get(row.channel_id) ?? ''));
}

async function getChannel(db: Db, grant: Grant, app_id: string, name: string): Promise<ChannelRow> {
  const channel = await findChannel(db, app_id, name);
  if (channel === undefined || !allows(grant, 'channel.read', channel.id)) throw cannotFindChannel({ channel: name });
  return channel;
}

/** With the right to change the channel's settings. Call with the app locked. */
async function getOwnChannel(trx: Db, grant: Grant, app_id: string, name: string): Promise<ChannelRow> {
  const channel = await getChannel(trx, grant, app_id, name);
  if (!allows(grant, 'channel.update_settings', channel.id)) throw cannotAccessApp({ app_id });
  assertMayChange(grant, channel);
  return channel;
}

interface Saving {
  readonly actor: Actor;
  readonly grant: Grant;
  readonly allowPrivate: boolean;
  readonly vault: Vault;
}

/** A number of the same name on the channel is replaced, and asked for at once. */
export async function savePolled(db: Db, { actor, grant, allowPrivate, vault }: Saving, input: SavePolled) {
  const { app_id, channel: channelName, name, bound, worse = 'above' } = input;
  const fault = refuseUrl(input.url, { allowPrivate, allowHttp: allowPrivate });
  if (fault !== undefined) throw new AppError('invalid_url', 400, `url ${fault}`);
  const { url, query } = splitUrl(input.url);
  const query_sealed = query === '' ? null : vault.seal(query, queryPurpose(app_id));
  return db.transaction().execute(async (trx) => {
    const app = await lockApp(trx, app_id);
    if (!app) throw cannotAccessApp({ app_id });
    const channel = await getOwnChannel(trx, grant, app_id, channelName);
    const before = await findPolled(trx, channel, name);
    if (before === undefined) await assertRoom(trx, channel);
    const interval_seconds = input.interval_seconds ?? before?.interval_seconds ?? USUAL_INTERVAL_SECONDS;
    const fresh = { polled_at: null, value: null, failure: null, failing_since: null };
    const row = { url, query_sealed, bound, worse, interval_seconds, next_poll_at: sql<Date>`now()`, ...fresh };
    const saved = await trx
      .insertInto('polled_numbers')
      .values({ app_id, channel_id: channel.id, name, ...row })
      .onConflict((conflict) => conflict.columns(['channel_id', 'name']).doUpdateSet(row))
      .returningAll()
      .executeTakeFirstOrThrow();
    await record(trx, actor, channel, before, saved);
    return present(saved, channel.name);
  });
}

async function assertRoom(trx: Db, { id, name }: ChannelRow): Promise<void> {
  const known = await trx.selectFrom('polled_numbers').select('name').where('channel_id', '=', id).execute();
  if (known.length < MOST_POLLED) return;
  const sentence = `Channel ${name} has ${MOST_POLLED} numbers that are polled: delete one of them first`;
  throw new AppError('too_many_polled', 400, sentence, { names: known.map((each) => each.name) });
}

export async function deletePolled(
  db: Db,
  { actor, grant }: Pick<Saving, 'actor' | 'grant'>,
  { app_id, channel: channelName, name }: { app_id: string; channel: string; name: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotAccessApp({ app_id });
    const channel = await getOwnChannel(trx, grant, app_id, channelName);
    const before = await findPolled(trx, channel, name);
    if (before === undefined)
      throw new AppError('cannot_find_polled', 404, 'No number of this name is polled', { name });
    await trx.deleteFrom('polled_numbers').where('app_id', '=', app_id).where('id', '=', before.id).execute();
    await record(trx, actor, channel, before, undefined);
  });
}

const findPolled = (db: Db, { app_id, id }: Pick<ChannelRow, 'app_id' | 'id'>, name: string) =>
  db
    .selectFrom('polled_numbers')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('channel_id', '=', id)
    .where('name', '=', name)
    .executeTakeFirst();

function record(
  trx: Db,
  actor: Actor,
  channel: ChannelRow,
  before: PolledRow | undefined,
  after: PolledRow | undefined,
) {
  const shown = (row: PolledRow | undefined) => {
    if (row === undefined) return null;
    const { name, url, query_sealed, bound, worse, interval_seconds } = row;
    return { name, url, has_query: query_sealed !== null, bound, worse, interval_seconds };
  };
  return recordChange(trx, actor, {
    org_id: channel.owner_org,
    table_name: 'channels',
    record_id: channel.id,
    before: { ...channel, polled: shown(before) },
    after: { ...channel, polled: shown(after) },
  });
}

/** Numbers of which there was no answer since before a moment. */
export async function listAway(db: Db, apps: AppIds, before: Date, limit: number) {
  const rows = await db
    .selectFrom('polled_numbers')
    .selectAll()
    .where(isAmongApps(sql`app_id`, apps))
    .where('failing_since', '<', before)
    .orderBy('failing_since')
    .limit(limit)
    .execute();
  const names = new Map<string, Map<number, string>>();
  for (const app_id of new Set(rows.map((row) => row.app_id))) names.set(app_id, await listChannelNames(db, app_id));
  return rows.map((row) => ({ ...row, channel_name: names.get(row.app_id)?.get(row.channel_id) ?? '' }));
}
