// The release state of an app as it was at a moment of the past, for one device.

import { appSettings } from '@overair/protocol/manage/app-settings';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Db } from '../db/database.ts';
import { decidingSettings } from '../db/settings.ts';
import { type ChannelFacts, findReleaseFacts, type ReleaseFacts } from '../releases/release-history.ts';
import { findWithheldThen } from '../releases/withheld.ts';
import { channelsInOrder, formerDefaultsOf, isRollingOut, isUnusable, withheldAtOf } from './load-state.ts';
import type { AppState, Bundle, Channel, FailedBundle, ManifestEntry, Rollout } from './release-state.ts';
import { parseVersion } from './versions.ts';

interface Then {
  readonly device_id: string;
  /** The first moment that does not count. */
  readonly before: Date;
  readonly failures: readonly FailedBundle[];
}

/**
 * What belongs to the app as a whole is that of today: none of it decides about a device that asks by itself. Undefined: nothing is on
 * record from so long ago.
 */
export async function stateAt(db: Db, today: AppState, { device_id, before, failures }: Then) {
  const { app_id } = today;
  const facts = await findReleaseFacts(db, { app_id, device_id, before });
  return facts && stateOf(today, facts, await findWithheldThen(db, app_id, before), { device_id, failures });
}

type WithheldThen = Awaited<ReturnType<typeof findWithheldThen>>;

function stateOf(
  today: AppState,
  { channels: rows, former_defaults, override, names }: ReleaseFacts,
  withheld: WithheldThen,
  { device_id, failures }: Pick<Then, 'device_id' | 'failures'>,
): AppState {
  const channels = channelsInOrder(rows.map((each) => channelOf(each, withheld)));
  return {
    app_id: today.app_id,
    uuid: today.uuid,
    ...decidingSettings(appSettings, today),
    channels,
    channelsById: new Map(channels.map((channel) => [channel.id, channel])),
    bundleNames: new Map(names.map(({ name, deleted }) => [name, { deleted }])),
    rollingOut: channels.some(isRollingOut),
    overrides: new Map(override === undefined ? [] : [[device_id, override]]),
    formerDefaults: formerDefaultsOf({ former_defaults }),
    failures: new Map([[device_id, failures]]),
  };
}

type Remembered = Bundle & { deleted: boolean };

function channelOf(facts: ChannelFacts, withheld: WithheldThen): Channel {
  const bundles = new Map(facts.bundles.map((each) => [each.id, bundleOf(each, withheld)]));
  const bundle = facts.version === null ? undefined : bundles.get(facts.version);
  return {
    id: facts.id,
    name: facts.name,
    bundle,
    unusable: isUnusable(bundle),
    rollout: rolloutOf(facts, bundles),
    stopped: facts.stopped,
    ...decidingSettings(channelSettings, facts),
  };
}

function rolloutOf(facts: ChannelFacts, bundles: ReadonlyMap<number, Remembered>): Rollout | undefined {
  const bundle = facts.rollout_version === null ? undefined : bundles.get(facts.rollout_version);
  if (bundle === undefined || bundle.deleted) return undefined;
  return {
    bundle,
    id: facts.rollout_id,
    enabled: facts.rollout_enabled,
    paused: facts.rollout_paused_at !== null,
    percentageBps: facts.rollout_percentage_bps,
  };
}

/** What is only downloaded, and decides nothing, is not remembered. */
const SOME_FILE: ManifestEntry = { file_name: '', file_hash: '', file_hash_v2: null, object_sha256: '', size: 0 };
const SOME_KEY = 'encrypted';

function bundleOf(
  { is_encrypted, has_manifest, ...facts }: ChannelFacts['bundles'][number],
  withheld: WithheldThen,
): Remembered {
  return {
    ...facts,
    withheldAt: withheldAtOf(withheld.get(facts.id) ?? []),
    version: parseVersion(facts.name),
    checksum: null,
    checksum_v2: null,
    crc32: null,
    session_key: is_encrypted ? SOME_KEY : null,
    key_id: facts.key_id || null,
    external_url: facts.external_url || null,
    link: null,
    comment: null,
    manifest: has_manifest ? [SOME_FILE] : [],
  };
}
