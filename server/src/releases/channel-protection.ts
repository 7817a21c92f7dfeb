// Protected channels: a channel can ask for more than the usual right from whoever puts bundles on it or changes it.

import type { ChannelProtection } from '@overair/protocol/manage/channel';
import { listKeysOfMembers } from '../accounts/api-keys.ts';
import { allows, type Grant, hasRightOnChannel } from '../accounts/permissions.ts';
import type { Right } from '../accounts/rights.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { ChannelRow } from './channel-rows.ts';

/** Who has every right in the app but to delete it is an admin of its channels. */
const least: Record<ChannelProtection, Right> = { write: 'write', admin: 'app_admin', super_admin: 'super_admin' };

type Protected = Pick<ChannelRow, 'id' | 'name' | 'protected_by' | 'protected_keys'>;

/** Bundles, rollouts and settings: for the right that the channel asks for, and the keys that it lists. */
export function assertMayChange(grant: Grant, channel: Protected): void {
  const { id, protected_by, protected_keys } = channel;
  if (protected_by === null || hasRightOnChannel(grant, least[protected_by], id, protected_keys)) return;
  throw channelProtected(channel, 'put bundles on it or change it');
}

/** To delete the channel or to lift its protection would let everybody in: the listed keys may not. */
export function assertMayUnprotect(grant: Grant, channel: Protected): void {
  const { id, protected_by } = channel;
  if (protected_by === null || hasRightOnChannel(grant, least[protected_by], id)) return;
  throw channelProtected({ ...channel, protected_keys: [] }, 'delete it or change its protection');
}

const rightWords: Record<ChannelProtection, string> = {
  write: 'the right write or more',
  admin: 'the right admin or more',
  super_admin: 'the right super_admin',
};

function channelProtected({ name, protected_by, protected_keys }: Protected, deed: string): AppError {
  const listed = protected_keys.length > 0 ? `, and of the API keys ${protected_keys.join(', ')},` : '';
  const who = `members and keys with ${rightWords[protected_by ?? 'admin']}${listed}`;
  return new AppError('channel_protected', 403, `Channel ${name} is protected: only ${who} may ${deed}`, {
    channel: name,
    protected_by,
    protected_keys,
  });
}

interface ProtectionInput {
  /** Null lifts the protection. */
  protected_by?: ChannelProtection | null;
  protected_keys?: readonly number[] | null;
}

/** The change as columns. Nobody protects a channel against themselves, or lists a key from elsewhere. */
export async function protectionOf(
  trx: Db,
  grant: Grant,
  before: ChannelRow | undefined,
  name: string,
  { protected_by, protected_keys }: ProtectionInput,
): Promise<Partial<Pick<ChannelRow, 'protected_by' | 'protected_keys'>>> {
  if (protected_by === undefined && protected_keys === undefined) return {};
  if (before) assertMayUnprotect(grant, before);
  const keys = [...new Set(protected_keys ?? (protected_by === undefined ? [] : (before?.protected_keys ?? [])))];
  if (protected_by === null) return { protected_by: null, protected_keys: [] };
  // Whoever lists keys alone means that nobody below an admin gets in without being listed.
  const by = protected_by ?? before?.protected_by ?? 'admin';
  if (!hasRightOnChannel(grant, least[by], before?.id)) {
    const message = `Channel ${name} cannot be protected by more than your own right: it asks for ${rightWords[by]}`;
    throw new AppError('channel_protected', 403, message, { channel: name, protected_by: by, protected_keys: keys });
  }
  await assertKeysOf(trx, grant.org_id, keys);
  return { protected_by: by, protected_keys: keys };
}

async function assertKeysOf(trx: Db, org_id: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const known = await listKeysOfMembers(trx, org_id, ids);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  throw new AppError('api_key_not_found', 404, `protected_keys: no member of the organization has a key ${unknown}`, {
    id: unknown,
  });
}

/** A channel that becomes the default takes this place from others: that changes them too. */
export function assertMayUnpublish(grant: Grant, channel: ChannelRow): void {
  if (!allows(grant, 'channel.update_settings', channel.id)) {
    const message = 'The channel cannot become the default: another one has that place, which you may not change';
    throw new AppError('cannot_publish_channel', 400, message);
  }
  assertMayChange(grant, channel);
}

/** Whoever deletes the app could make it anew without its protected channels. */
export async function assertNoneProtected(trx: Db, grant: Grant, app_id: string): Promise<void> {
  const channels = await trx
    .selectFrom('channels')
    .select(['id', 'name', 'protected_by', 'protected_keys'])
    .where('app_id', '=', app_id)
    .where('protected_by', 'is not', null)
    .execute();
  for (const channel of channels) assertMayUnprotect(grant, channel);
}
