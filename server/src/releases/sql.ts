// What other rooms need to know of releases inside their own statements. Each fragment says in SQL what updates/ decides in
// TypeScript; push/audience/release-audience.db.test.ts holds the two against each other.

import { type Expression, type RawBuilder, sql } from 'kysely';
import {
  FIRST_MAJOR_THAT_KEEPS_CHANNELS,
  keepsAnsweredChannelSince,
  misnumberedMajors,
  UNSUPPORTED_MAJOR,
} from './plugin-versions.ts';
import { storeBundleNames } from './version-name.ts';

/** What a device told, as columns of the caller's query. */
interface ListenerColumns {
  readonly app_id: Expression<string>;
  readonly device_id: Expression<string>;
  readonly platform: Expression<string>;
  readonly plugin_version: Expression<string>;
  readonly default_channel: Expression<string | null>;
}

interface Wanted {
  /** The apps that the query is about: only their channels are read. */
  readonly app_ids: readonly string[];
  /** Names of channels. */
  readonly channels: readonly string[];
}

/**
 * True for devices that /updates decides for in one of the wanted channels: `selectChannel` in SQL. The subqueries on channels
 * depend on no device, so they run once a statement, however many devices it looks at.
 */
export function listensTo(device: ListenerColumns, { app_ids, channels }: Wanted): RawBuilder<boolean> {
  const apps = sql`any(${app_ids}::text[])`;
  const isWanted = sql`c.name = any(${channels}::text[])`;
  const open = openChannels(apps);
  const channelIds = (condition: RawBuilder<unknown>) =>
    sql`(select c.id from channels c where c.app_id = ${apps} and ${condition})`;
  const place = sql`(${device.app_id}, ${device.platform})`;
  const namedPlace = sql`(${device.app_id}, ${device.platform}, ${device.default_channel})`;
  const namedChannels = (condition: RawBuilder<unknown>) =>
    sql`(select c.app_id, c.platform, c.name ${open} and ${condition})`;
  const asksForDefault = sql`(
    ${namedPlace} in (select f.app_id, f.platform, f.name from former_defaults f where f.app_id = ${apps})
    and ${namedPlace} not in ${namedChannels(sql`c.public`)}
    and (${keepsAnsweredChannel(device)} or ${namedPlace} not in ${namedChannels(sql`c.allow_device_self_set`)}))`;
  return sql<boolean>`(${isSupported(device)} and coalesce(
    (select case when o.channel_id in ${channelIds(isUsable)} then o.channel_id in ${channelIds(isWanted)} end
      from channel_devices o where o.app_id = ${device.app_id} and o.device_id = ${device.device_id}),
    case when coalesce(${device.default_channel}, '') = '' or ${asksForDefault}
      then ${place} in (select c.app_id, c.platform ${open} and c.public and ${isWanted})
      else ${namedPlace} in ${namedChannels(sql`(c.public or c.allow_device_self_set) and ${isWanted}`)}
    end))`;
}

/** The name of the channel that a device is forced onto, usable or not. */
export const channelForcedOn = ({ app_id, device_id }: Pick<ListenerColumns, 'app_id' | 'device_id'>) => sql<
  string | null
>`(
  select c.name from channel_devices o join channels c on c.id = o.channel_id
  where o.app_id = ${app_id} and o.device_id = ${device_id})`;

/** The id of the channel that a device is forced onto, usable or not. */
export const forcedChannelId = ({ app_id, device_id }: Pick<ListenerColumns, 'app_id' | 'device_id'>) =>
  sql<
    number | null
  >`(select o.channel_id from channel_devices o where o.app_id = ${app_id} and o.device_id = ${device_id})`;

/** The id of an app's bundle of this name, deleted or not. */
export const bundleNamed = (app_id: Expression<string>, name: Expression<string | null>) => sql<number | null>`(
  select b.id from bundles b where b.app_id = ${app_id} and b.name = ${name})`;

/** On channels `c`: one whose bundle was deleted counts as absent. The store's bundle cannot be deleted. */
export const isUsable = sql<boolean>`not exists (
  select from bundles b where b.id = c.version and b.app_id = c.app_id
    and b.deleted and b.name not in (${sql.join(storeBundleNames.map((name) => sql.lit(name)))}))`;

/** On channels `c`: it deals out its second bundle. `AppState.rollingOut` is that some channel of the app does. */
export const isRollingOut = sql<boolean>`(
  c.rollout_enabled and c.rollout_paused_at is null and c.rollout_percentage_bps > 0 and exists (
    select from bundles b where b.id = c.rollout_version and b.app_id = c.app_id and not b.deleted))`;

/** True where the device's place in a rollout lies in a range of basis points: `rolloutBucketOf` of updates/rollout.ts in SQL. */
export const hasPlace = (
  device_id: RawBuilder<string>,
  { rollout_id, from_bps, to_bps }: { readonly rollout_id: string; readonly from_bps: number; readonly to_bps: number },
): RawBuilder<boolean> => sql<boolean>`(
  ('x' || encode(substr(sha256(convert_to(${rollout_id}::text || ':' || ${device_id}, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint % 10000
  between ${from_bps}::int and ${to_bps}::int - 1)`;

/** Each usable channel once for each platform on which it is on. A platform has at most one that is public. */
const openChannels = (apps: RawBuilder<unknown>) => sql`from (
  select c.app_id, c.name, c.public, c.allow_device_self_set, of.platform
  from channels c, lateral (values ('ios', c.ios), ('android', c.android), ('electron', c.electron)) as of (platform, is_on)
  where c.app_id = ${apps} and of.is_on and ${isUsable}) c where true`;

/** Semantic Versioning 2.0 with the leading `v` and the blanks that `parseVersion` allows: three numbers and the pre-release. */
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][a-zA-Z0-9-]*)';
const semver = (major: string) =>
  `^\\s*v?${major}\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?(?:\\+[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*)?\\s*$`;

const isSupported = ({ plugin_version }: ListenerColumns) =>
  sql`${plugin_version} !~ ${sql.lit(semver(String(UNSUPPORTED_MAJOR)))}`;

/** `Client.persistsAnsweredChannel`. A pre-release comes before its version. */
const keepsAnsweredChannel = ({ platform, plugin_version }: ListenerColumns) => sql`(
  ${platform} <> 'electron' and coalesce((
    select v.numbers[1] >= ${sql.lit(FIRST_MAJOR_THAT_KEEPS_CHANNELS)}
      and v.numbers[1] not in (${sql.join(misnumberedMajors.map((major) => sql.lit(major)))})
      and ${sql.lit(Number.MAX_SAFE_INTEGER)} >= all (v.numbers)
      and case v.numbers[1] ${sql.join(Object.values(keepsAnsweredChannelSince).map(reaches), sql` `)} else true end
    from (
      select array[m[1], m[2], m[3]]::numeric[] as numbers, m[4] is null as is_release
      from regexp_match(${plugin_version}, ${sql.lit(semver('(0|[1-9]\\d*)'))}) as m
    ) v), false))`;

function reaches(boundary: string): RawBuilder<unknown> {
  const [major = ''] = boundary.split('.');
  const numbers = sql`array[${sql.raw(boundary.replaceAll('.', ', '))}]::numeric[]`;
  return sql`when ${sql.lit(Number(major))} then (v.numbers, v.is_release) >= (${numbers}, true)`;
}
