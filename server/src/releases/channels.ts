// Channels: reading them, pointing them at a bundle, deleting them.

import type { SetBundle } from '@overair/protocol/manage/bundle';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import { recordChange } from '../accounts/audit.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, channelsAllowed, type Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { pageOffset } from '../db/page-offset.ts';
import { presentSettings } from '../db/settings.ts';
import { AppError } from '../errors.ts';
import { type BundleRow, channelsUsing, findBundle, PAGE_SIZE, softDelete } from './bundles.ts';
import { assertMayChange, assertMayUnprotect } from './channel-protection.ts';
import { type ChannelRow, channelColumns } from './channel-rows.ts';
import { endChangedPlan, nextBundleEndsRollout } from './end-plan.ts';
import { bundleInUse, cannotAccessApp, cannotFindChannel, cannotFindVersion, cannotPromoteBundle } from './errors.ts';
import { assertMayOffer, assertSecondPerson } from './offer-more.ts';
import type { Deed } from './release-life.ts';
import { endReleases, noteRelease } from './release-record.ts';
import { nextRolloutId } from './rollout-id.ts';
import { noRollout } from './serving.ts';

type NamedRow = ChannelRow & { version_name: string | null; rollout_name: string | null };

/** The channels that the caller may read. */
function selectChannels(db: Db, grant: Grant, app_id: string) {
  const readable = channelsAllowed(grant, 'channel.read');
  const query = db
    .selectFrom('channels')
    .leftJoin('bundles as v', 'v.id', 'channels.version')
    .leftJoin('bundles as r', 'r.id', 'channels.rollout_version')
    .select(channelColumns.map((column) => `channels.${column}` as const))
    .select(['v.name as version_name', 'r.name as rollout_name'])
    .where('channels.app_id', '=', app_id);
  return readable === 'all' ? query : query.where(sql<boolean>`channels.id = any(${readable}::int[])`);
}

const bundleName = (id: number | null, name: string | null) => (id === null || name === null ? null : { id, name });

/** The row in the words of the API, where settings of updates and rollouts are in camel case. */
function present(row: NamedRow) {
  return {
    ...row,
    version: bundleName(row.version, row.version_name),
    rollout_version_info: bundleName(row.rollout_version, row.rollout_name),
    ...presentSettings(channelSettings, row),
    autoPauseLastTriggeredAt: row.auto_pause_last_triggered_at,
    autoPauseLastCheckedAt: row.auto_pause_last_checked_at,
  };
}

/** Oldest first: pages stay where they are while channels are added. */
export async function listChannels(db: Db, grant: Grant, app_id: string, page: number) {
  const rows = await selectChannels(db, grant, app_id)
    .orderBy('channels.created_at')
    .orderBy('channels.id')
    .limit(PAGE_SIZE)
    .offset(pageOffset(page, PAGE_SIZE))
    .execute();
  return rows.map(present);
}

export async function getChannel(db: Db, grant: Grant, app_id: string, name: string) {
  const row = await selectChannels(db, grant, app_id).where('channels.name', '=', name).executeTakeFirst();
  // The contract's word for an unknown channel in a GET.
  if (!row) throw cannotFindVersion({ channel: name });
  return present(row);
}

export async function findChannel(db: Db, app_id: string, name: string): Promise<ChannelRow | undefined> {
  return db
    .selectFrom('channels')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function findChannelById(db: Db, app_id: string, id: number): Promise<ChannelRow | undefined> {
  if (id > 0x7fffffff || id < 1) return undefined;
  return db
    .selectFrom('channels')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Names by id. */
export async function listChannelNames(db: Db, app_id: string): Promise<Map<number, string>> {
  const rows = await db.selectFrom('channels').select(['id', 'name']).where('app_id', '=', app_id).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export function listChannelsServing(db: Db, app_id: string, bundle_id: number): Promise<ChannelRow[]> {
  return db
    .selectFrom('channels')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where((eb) => eb.or([eb('version', '=', bundle_id), eb('rollout_version', '=', bundle_id)]))
    .execute();
}

/** Makes a bundle the stable one of a channel. Returns both names. */
export async function setChannelBundle(
  db: Db,
  actor: Actor,
  grant: Grant,
  { app_id, version_id, channel_id, override_freeze }: SetBundle,
): Promise<{ bundle: string; channel: string }> {
  return inTransaction(db, async (trx) => {
    if (!(await lockApp(trx, app_id))) throw cannotAccessApp({ app_id });
    const bundle = await findBundle(trx, app_id, version_id);
    if (!bundle) throw cannotFindVersion({ version_id });
    const before = await findChannelById(trx, app_id, channel_id);
    if (!before || !allows(grant, 'channel.read', before.id)) throw cannotFindChannel({ channel_id });
    if (!allows(grant, 'channel.promote_bundle', before.id)) throw cannotPromoteBundle({ channel: before.name });
    assertMayChange(grant, before);
    if (bundle.id !== before.version) await assertMayOffer(trx, actor, grant, before, override_freeze);
    const isFix = bundle.id !== before.version && (await nextBundleEndsRollout(trx, before));
    await writeChannel(trx, actor, before, {
      version: bundle.id,
      ...(isFix && { ...noRollout, rollout_id: nextRolloutId(before) }),
    });
    return { bundle: bundle.name, channel: before.name };
  });
}

export type ChannelChange = Partial<
  Omit<ChannelRow, 'id' | 'app_id' | 'owner_org' | 'name' | 'created_at' | 'updated_at'>
>;

/** Writes the change with its history, its release and its audit entry. Call with the app locked. */
export async function writeChannel(
  trx: Db,
  actor: Actor,
  before: ChannelRow,
  change: ChannelChange,
  deed?: Deed,
): Promise<void> {
  const after = await trx
    .updateTable('channels')
    .set({ ...change, updated_at: sql<Date>`clock_timestamp()` })
    .where('app_id', '=', before.app_id)
    .where('id', '=', before.id)
    .returning(channelColumns)
    .executeTakeFirstOrThrow();
  await noteDeployment(trx, actor, before.version, after);
  await noteRelease(trx, actor, before, after, deed);
  await endChangedPlan(trx, actor, before, after, deed);
  await recordChannel(trx, actor, before, after);
}

/** One line of history whenever the stable bundle changed. */
export async function noteDeployment(trx: Db, actor: Actor, previous: number | null, channel: ChannelRow) {
  if (channel.version === previous || channel.version === null) return;
  await trx
    .insertInto('deploy_history')
    .values({
      app_id: channel.app_id,
      owner_org: channel.owner_org,
      channel_id: channel.id,
      version_id: channel.version,
      created_by: actor.actor_user_id,
    })
    .execute();
}

export const recordChannel = (trx: Db, actor: Actor, before: ChannelRow | undefined, after: ChannelRow | undefined) => {
  const { id, owner_org } = (after ?? before)!;
  return recordChange(trx, actor, { org_id: owner_org, table_name: 'channels', record_id: id, before, after });
};

/** Device overrides and history go with the channel; its bundle stays unless told otherwise. */
export async function deleteChannel(
  db: Db,
  actor: Actor,
  grant: Grant,
  { app_id, channel, withBundle }: { app_id: string; channel: string; withBundle: boolean },
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await lockApp(trx, app_id);
    const before = await findChannel(trx, app_id, channel);
    if (!before || !allows(grant, 'channel.read', before.id)) throw cannotFindChannel({ channel });
    if (!allows(grant, 'channel.delete', before.id)) throw cannotAccessApp({ app_id });
    if (withBundle && !allows(grant, 'bundle.delete')) {
      throw new AppError('cannot_delete_bundle', 400, "You can't delete bundles of this app");
    }
    assertMayUnprotect(grant, before);
    assertSecondPerson(grant, before);
    const bundle = before.version === null ? undefined : await findBundle(trx, app_id, before.version);
    await endReleases(trx, actor, before);
    await endChangedPlan(trx, actor, before, undefined);
    await trx.deleteFrom('channels').where('app_id', '=', app_id).where('id', '=', before.id).execute();
    await recordChannel(trx, actor, before, undefined);
    if (withBundle && bundle) await deleteBundleOf(trx, actor, bundle);
  });
}

async function deleteBundleOf(trx: Db, actor: Actor, bundle: BundleRow): Promise<void> {
  const others = await channelsUsing(trx, bundle.app_id, bundle.id);
  if (others.length > 0) throw bundleInUse('Cannot delete a bundle linked to another channel', bundle.name, others);
  await softDelete(trx, actor, bundle);
}
