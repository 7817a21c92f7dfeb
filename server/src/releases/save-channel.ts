// Creates a channel or changes the given settings of one, as a whole or not at all.

import type { UpsertChannel } from '@overair/protocol/manage/channel';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { sql } from 'kysely';
import { lockApp } from '../accounts/apps.ts';
import type { Actor } from '../accounts/caller.ts';
import { allows, type Grant } from '../accounts/permissions.ts';
import type { Permission } from '../accounts/rights.ts';
import type { Db } from '../db/database.ts';
import { inTransaction } from '../db/in-transaction.ts';
import { plainChange, settingDefaults } from '../db/settings.ts';
import { AppError } from '../errors.ts';
import { findBundle, findBundleByName } from './bundles.ts';
import { assertMayChange, assertMayUnpublish, protectionOf } from './channel-protection.ts';
import { type ChannelRow, channelColumns } from './channel-rows.ts';
import { type ChannelChange, findChannel, noteDeployment, recordChannel, writeChannel } from './channels.ts';
import { nextBundleEndsRollout } from './end-plan.ts';
import {
  cannotAccessApp,
  cannotFindChannel,
  cannotFindVersion,
  cannotPromoteBundle,
  missingRolloutVersion,
  missingStableVersion,
} from './errors.ts';
import { assertMayOffer, assertSecondPerson, offersMore } from './offer-more.ts';
import { noteRelease } from './release-record.ts';
import { nextRolloutId } from './rollout-id.ts';
import { noRollout } from './serving.ts';
import { assertFresh } from './stale-write.ts';
import { isStoreBundle } from './version-name.ts';

/** `id` and `public` only for a channel that was created together with its bundle. */
interface SavedChannel {
  id?: number;
  public?: boolean;
}

export async function saveChannel(db: Db, actor: Actor, grant: Grant, input: UpsertChannel): Promise<SavedChannel> {
  return inTransaction(db, async (trx) => {
    const app = await lockApp(trx, input.app_id);
    if (!app) throw cannotAccessApp({ app_id: input.app_id });
    const before = await findChannel(trx, input.app_id, input.channel);
    assertPermitted(grant, before, input);
    if (before) assertFresh(before, input.expected_updated_at);
    const protection = await protectionOf(trx, grant, before, input.channel, input);
    const change = { ...(await changeOf(trx, before, input)), ...protection };
    await assertAgreed(trx, actor, grant, before, change, input);
    await unpublishOthers(trx, actor, grant, input.app_id, { ...newChannel, ...before, ...change });
    if (before) {
      await writeChannel(trx, actor, before, change);
      return {};
    }
    const created = await insertChannel(trx, actor, app.owner_org, input, change);
    return created.version === null ? {} : { id: created.id, public: created.public };
  });
}

async function assertAgreed(
  trx: Db,
  actor: Actor,
  grant: Grant,
  before: ChannelRow | undefined,
  change: ChannelChange,
  { app_id, channel: name, override_freeze }: UpsertChannel,
): Promise<void> {
  // Who makes a channel sets it up alone.
  const channel = before ?? { id: undefined, name, app_id, needs_approval: false };
  if (change.needs_approval === false) assertSecondPerson(grant, channel);
  if (offersMore(before, change)) await assertMayOffer(trx, actor, grant, channel, override_freeze);
}

/** Beside a bundle for the channel, nothing in this list may stand in an input that only promotes. */
const notSettings = new Set(['app_id', 'channel', 'version', 'expected_updated_at', 'override_freeze']);

/** Promoting is less than changing settings: a CI key that may only upload can still point a channel at a bundle. */
function assertPermitted(grant: Grant, before: ChannelRow | undefined, input: UpsertChannel): void {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const isSettings = given.some(([name]) => !notSettings.has(name));
  const needed: Permission[] = before
    ? isSettings || input.version === undefined
      ? ['channel.update_settings']
      : []
    : ['app.create_channel'];
  const isAllowed = (permission: Permission) => allows(grant, permission, before?.id);
  // A channel that the caller does not see is answered like one that it may not make.
  if (!needed.every(isAllowed) || (before && !isAllowed('channel.read'))) throw notHere(grant, input);
  const isPromotion = input.version !== undefined || input.rolloutVersion !== undefined || input.promoteToStable;
  if (isPromotion && !isAllowed('channel.promote_bundle')) throw cannotPromoteBundle({ channel: input.channel });
  if (before) assertMayChange(grant, before);
}

/** The same for channels that exist and that do not, where the caller sees single channels of the app alone. */
function notHere(grant: Grant, { app_id, channel }: UpsertChannel): AppError {
  if (allows(grant, 'channel.read')) return cannotAccessApp({ app_id });
  return new AppError(
    'cannot_access_app',
    400,
    `This key is limited to other channels than ${channel}, or may not change it`,
    {
      app_id,
    },
  );
}

type Platforms = Pick<ChannelRow, 'public' | 'ios' | 'android' | 'electron'>;
const newChannel = { ...settingDefaults(channelSettings), id: 0 };

async function changeOf(trx: Db, before: ChannelRow | undefined, input: UpsertChannel): Promise<ChannelChange> {
  const change: ChannelChange = { ...settingsOf(input), ...(await stableOf(trx, input)) };
  const isTargetNamed = input.rolloutVersion !== undefined || input.rollback || input.promoteToStable;
  if (isTargetNamed && !before) throw cannotFindChannel({ channel: input.channel });
  return before ? { ...change, ...(await rolloutOf(trx, before, change, input)) } : change;
}

/** Absent: keep. Null, empty and the store's own names: no bundle. */
async function stableOf(trx: Db, { app_id, version }: UpsertChannel): Promise<ChannelChange> {
  if (version === undefined) return {};
  if (version === null || version === '' || isStoreBundle(version)) return { version: null };
  const bundle = await findBundleByName(trx, app_id, version);
  if (!bundle) throw cannotFindVersion({ version });
  return { version: bundle.id };
}

/** The rules of single settings come after what is just stored; a reason that is given stays, also where the pause ends. */
function settingsOf(input: UpsertChannel): ChannelChange {
  return { ...pauseOf(input), ...plainChange(channelSettings, input), ...electronOf(input), ...shareOf(input) };
}

/** Who publishes a channel for one phone platform alone does not mean Electron. */
function electronOf({ public: isPublic, ios, android, electron }: UpsertChannel): ChannelChange {
  const isGiven = electron !== undefined && electron !== null;
  return !isGiven && isPublic && (ios ?? true) !== (android ?? true) ? { electron: false } : {};
}

function shareOf({ rolloutPercentage, rolloutPercentageBps }: UpsertChannel): ChannelChange {
  if (typeof rolloutPercentage !== 'number' || typeof rolloutPercentageBps === 'number') return {};
  return { rollout_percentage_bps: Math.round(rolloutPercentage * 100) };
}

function pauseOf({ rolloutPaused, rolloutPausedAt }: UpsertChannel): ChannelChange {
  if (rolloutPausedAt === undefined && rolloutPaused === undefined) return {};
  if (rolloutPausedAt) return { rollout_paused_at: new Date(rolloutPausedAt) };
  if (rolloutPausedAt === undefined && rolloutPaused) return { rollout_paused_at: new Date() };
  return unpaused;
}

const unpaused = { rollout_paused_at: null, rollout_pause_reason: null } satisfies ChannelChange;

/** A new target is a new rollout: devices are dealt into buckets anew. */
async function rolloutOf(
  trx: Db,
  before: ChannelRow,
  change: ChannelChange,
  input: UpsertChannel,
): Promise<ChannelChange> {
  const renewed = before.rollout_version === null ? {} : { rollout_id: nextRolloutId(before) };
  if (input.rollback) return { ...noRollout, ...renewed };
  const target = await targetOf(trx, input);
  if (input.promoteToStable) {
    const promoted = target === undefined ? before.rollout_version : target;
    if (promoted === null) throw missingRolloutVersion({ channel: before.name });
    return { ...noRollout, ...renewed, version: promoted };
  }
  // Who runs a bundle that the guard stopped gets the next one as well.
  const isNewStable = change.version !== undefined && change.version !== before.version;
  if (target === undefined && isNewStable && (await nextBundleEndsRollout(trx, before)))
    return { ...noRollout, ...renewed };
  if (target === undefined || target === before.rollout_version) return {};
  if (target === null) return { ...noRollout, ...renewed };
  const stable = change.version === undefined ? before.version : change.version;
  if (stable === null) throw missingStableVersion({ channel: before.name });
  return { rollout_version: target, rollout_id: nextRolloutId(before), ...unpaused, ...pauseOf(input) };
}

async function targetOf(trx: Db, { app_id, rolloutVersion }: UpsertChannel): Promise<number | null | undefined> {
  if (rolloutVersion === undefined) return undefined;
  if (rolloutVersion === null || rolloutVersion === '') return null;
  const bundle =
    typeof rolloutVersion === 'number'
      ? await findBundle(trx, app_id, rolloutVersion)
      : await findBundleByName(trx, app_id, rolloutVersion);
  if (!bundle) throw cannotFindVersion({ version: rolloutVersion });
  return bundle.id;
}

/** At most one default channel per platform: others that share one stop being public, as a whole. */
async function unpublishOthers(
  trx: Db,
  actor: Actor,
  grant: Grant,
  app_id: string,
  target: Platforms & { id: number },
): Promise<void> {
  if (!target.public) return;
  const others = await trx
    .selectFrom('channels')
    .select(channelColumns)
    .where('app_id', '=', app_id)
    .where('public', '=', true)
    .where('id', '!=', target.id)
    .where(
      sql<boolean>`((ios and ${target.ios}) or (android and ${target.android}) or (electron and ${target.electron}))`,
    )
    .execute();
  for (const other of others) {
    assertMayUnpublish(grant, other);
    await writeChannel(trx, actor, other, { public: false });
  }
}

async function insertChannel(
  trx: Db,
  actor: Actor,
  owner_org: string,
  { app_id, channel }: UpsertChannel,
  change: ChannelChange,
): Promise<ChannelRow> {
  const created = await trx
    .insertInto('channels')
    .values({ ...change, app_id, owner_org, created_by: actor.actor_user_id, name: channel })
    .returning(channelColumns)
    .executeTakeFirst();
  if (!created) throw new AppError('cannot_create_channel', 400, 'Cannot create channel');
  await noteDeployment(trx, actor, null, created);
  await noteRelease(trx, actor, undefined, created);
  await recordChannel(trx, actor, undefined, created);
  return created;
}
