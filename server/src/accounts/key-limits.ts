// Resolves what a key is limited to. Every place must be one that its owner can see: a typo would make a key that opens nothing.

import type { CreateApiKey } from '@overair/protocol/manage/apikey';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { members } from './member-rows.ts';
import { isUuid } from './permissions.ts';

type LimitsInput = Pick<
  CreateApiKey,
  'limited_to_apps' | 'limited_to_orgs' | 'limited_to_channels' | 'org_id' | 'app_id'
>;

/** Empty text was meant to limit something: it is looked up, and not found. */
const isGiven = (id: string | null | undefined): id is string => id !== undefined && id !== null;

const orgNotFound = (org_id: string) => new AppError('org_not_found', 404, 'Organization not found', { org_id });
const appNotFound = (app_id: string) => new AppError('app_not_found', 404, 'App not found', { app_id });
export const limitedChannelNotFound = (channel: string | number) =>
  new AppError('channel_not_found', 404, `Cannot find channel ${channel}`, { channel });

export async function limitsOf(trx: Db, user_id: string, input: LimitsInput) {
  const own = await organizationsOf(trx, user_id);
  const limited_to_orgs = [
    ...new Set([...(input.limited_to_orgs ?? []), ...(isGiven(input.org_id) ? [input.org_id] : [])]),
  ];
  const unknownOrg = limited_to_orgs.find((id) => !own.includes(id));
  if (unknownOrg !== undefined) throw orgNotFound(unknownOrg);
  const named = [
    ...(input.limited_to_apps ?? []),
    ...(isGiven(input.app_id) ? [await appIdOf(trx, own, input.app_id)] : []),
  ];
  const limited_to_apps = [...new Set(named)];
  for (const app_id of limited_to_apps) await getOwnApp(trx, own, app_id);
  const channels = new Set<number>();
  for (const channel of input.limited_to_channels ?? []) {
    for (const id of await channelIds(trx, own, limited_to_apps, channel)) channels.add(id);
  }
  return { limited_to_orgs, limited_to_apps, limited_to_channels: [...channels] };
}

/** Where the user belongs; to be invited is not enough. */
export async function organizationsOf(trx: Db, user_id: string): Promise<string[]> {
  const rows = await members(trx).select('org_id').where('user_id', '=', user_id).execute();
  return rows.map(({ org_id }) => org_id);
}

const ownApps = (trx: Db, own: readonly string[]) =>
  trx
    .selectFrom('apps')
    .select(['app_id', 'id', 'owner_org'])
    .where('owner_org', 'in', own.length > 0 ? own : [NOBODYS]);

/** An empty list is no SQL. No organization has this id. */
const NOBODYS = '00000000-0000-0000-0000-000000000000';

async function appIdOf(trx: Db, own: readonly string[], row_id: string): Promise<string> {
  const row = isUuid(row_id) ? await ownApps(trx, own).where('id', '=', row_id).executeTakeFirst() : undefined;
  if (!row) throw appNotFound(row_id);
  return row.app_id;
}

/** By its app id, or by the id of its row. */
export async function getOwnApp(trx: Db, own: readonly string[], id: string) {
  const query = ownApps(trx, own);
  const row = await query.where(isUuid(id) ? 'id' : 'app_id', '=', id).executeTakeFirst();
  if (!row) throw appNotFound(id);
  return row;
}

/** Names are looked for in the listed apps alone: without such a list nobody could say which channel is meant. */
async function channelIds(trx: Db, own: readonly string[], apps: readonly string[], channel: string | number) {
  if (typeof channel === 'string' && apps.length === 0) {
    throw new AppError(
      'invalid_limited_to_channels',
      400,
      'Channels are named by their ids unless limited_to_apps is given',
      {
        channel,
      },
    );
  }
  const found = await ownChannels(trx, own, channel);
  const here = found.filter(({ app_id }) => apps.length === 0 || apps.includes(app_id));
  if (here.length === 0) throw limitedChannelNotFound(channel);
  return here.map(({ id }) => id);
}

/** Channels of this id or name in the organizations' apps. */
export async function ownChannels(trx: Db, own: readonly string[], channel: string | number) {
  if (typeof channel === 'number' && (channel < 1 || channel > 0x7fffffff)) return [];
  return trx
    .selectFrom('channels')
    .select(['id', 'app_id', 'owner_org'])
    .where('owner_org', 'in', own.length > 0 ? own : [NOBODYS])
    .where(typeof channel === 'number' ? 'id' : 'name', '=', channel)
    .execute();
}
