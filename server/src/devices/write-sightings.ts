// Writes a batch of sightings in one statement: the devices, and the days and months in which they were seen.

import { KNOWN_APPS } from '../accounts/apps.ts';
import type { Database } from '../db/database.ts';
import type { Sighting } from './sighting.ts';

/** The last activity is written down anew when it is so much older: otherwise every device would be a write a day. */
export const SEEN_GRAIN_DAYS = 7;

/** What the device of the row `held` runs after what was `sent`, both names in SQL: with a time, also that it is not known any more. */
const runningAfter = (held: string, sent: string): string =>
  `case when ${sent}.running_since is null then ${held}.running_version else ${sent}.running_version end`;

/** Whether what was `sent` changes the row `held`, both names in SQL. */
const isChanged = (held: string, sent: string): string => `
  (${held}.platform, ${held}.plugin_version, ${held}.os_version, ${held}.version_build, ${held}.version_code,
    ${held}.version_name, ${held}.custom_id, ${held}.is_prod, ${held}.is_emulator, ${held}.default_channel, ${held}.key_id,
    ${held}.install_source, ${held}.offered_version, ${held}.offered_at, ${held}.running_version)
  is distinct from (${sent}.platform, ${sent}.plugin_version, coalesce(${sent}.os_version, ${held}.os_version),
    coalesce(${sent}.version_build, ${held}.version_build), coalesce(${sent}.version_code, ${held}.version_code),
    coalesce(${sent}.version_name, ${held}.version_name), coalesce(nullif(${sent}.custom_id, ''), ${held}.custom_id),
    ${sent}.is_prod, ${sent}.is_emulator, ${sent}.default_channel, ${sent}.key_id,
    coalesce(${sent}.install_source, ${held}.install_source), coalesce(${sent}.offered_version, ${held}.offered_version),
    coalesce(${sent}.offered_at, ${held}.offered_at), ${runningAfter(held, sent)})`;

const isSeenAnew = (held: string, sent: string): string =>
  `${held}.seen_at < ${sent}.seen_at - interval '${SEEN_GRAIN_DAYS} days'`;

const heldRow = (sent: string): string =>
  `from devices held where held.app_id = ${sent}.app_id and held.device_id = ${sent}.device_id`;

/** $1: sightings, $2: the slot of the rollups. */
const devicesSql = `
with sent as (
  select s.* from json_to_recordset($1::json) as s(
    app_id text, device_id text, platform text, plugin_version text, os_version text, version_build text,
    version_code text, version_name text, custom_id text, is_prod boolean, is_emulator boolean, default_channel text,
    key_id text, install_source text, offered_version text, offered_at timestamptz, said_running text,
    left_version text, is_of_known boolean, seen_at timestamptz, day date)
),
known as (
  select sent.*, case
      when left_version is null then said_running
      else nullif(coalesce(said_running, (select held.running_version ${heldRow('sent')})), left_version)
    end as running_version
  from sent
  where app_id in ${KNOWN_APPS} and (not is_of_known or exists (select ${heldRow('sent')}))
),
seen as (
  select known.*, case when coalesce(said_running, left_version) is not null then seen_at end as running_since from known
),
days as (
  insert into device_days (app_id, day, device_id, platform, version_build)
  select app_id, day, device_id, platform, coalesce(version_build, '') from seen order by app_id, day, device_id
  on conflict do nothing
  returning app_id, day, platform, version_build
),
native_builds as (
  insert into native_daily (app_id, day, platform, version_build, slot, devices)
  select app_id, day, platform, version_build, $2::smallint, count(*) from days
  group by app_id, day, platform, version_build order by app_id, day, platform, version_build
  on conflict (app_id, day, platform, version_build, slot) do update set devices = native_daily.devices + excluded.devices
),
months as (
  insert into device_months (app_id, month, device_id, first_day)
  select app_id, date_trunc('month', day)::date, device_id, day from seen order by app_id, device_id
  on conflict do nothing
  returning app_id, first_day
),
first_days as (
  insert into mau_daily (app_id, day, slot, devices)
  select app_id, first_day, $2::smallint, count(*) from months group by app_id, first_day order by app_id, first_day
  on conflict (app_id, day, slot) do update set devices = mau_daily.devices + excluded.devices
),
-- A row that reaches the upsert is locked, and its page written, also where nothing changes.
differing as (
  select * from seen where not exists (
    select from devices held
    where held.app_id = seen.app_id and held.device_id = seen.device_id
      and not (${isChanged('held', 'seen')} or ${isSeenAnew('held', 'seen')}))
)
insert into devices (app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name,
  custom_id, is_prod, is_emulator, default_channel, key_id, install_source, offered_version, offered_at, running_version,
  running_since, created_at, updated_at, seen_at)
select app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name,
  custom_id, is_prod, is_emulator, default_channel, key_id, install_source, offered_version, offered_at, running_version,
  running_since, seen_at, seen_at, seen_at
from differing order by app_id, device_id
on conflict (app_id, device_id) do update set
  platform = excluded.platform,
  plugin_version = excluded.plugin_version,
  os_version = coalesce(excluded.os_version, devices.os_version),
  version_build = coalesce(excluded.version_build, devices.version_build),
  version_code = coalesce(excluded.version_code, devices.version_code),
  version_name = coalesce(excluded.version_name, devices.version_name),
  custom_id = coalesce(nullif(excluded.custom_id, ''), devices.custom_id),
  is_prod = excluded.is_prod,
  is_emulator = excluded.is_emulator,
  default_channel = excluded.default_channel,
  key_id = excluded.key_id,
  install_source = coalesce(excluded.install_source, devices.install_source),
  offered_version = coalesce(excluded.offered_version, devices.offered_version),
  offered_at = coalesce(excluded.offered_at, devices.offered_at),
  running_version = ${runningAfter('devices', 'excluded')},
  running_since = case
    when ${runningAfter('devices', 'excluded')} is not distinct from devices.running_version then devices.running_since
    when excluded.running_version is not null then excluded.seen_at
  end,
  updated_at = case when ${isChanged('devices', 'excluded')} then excluded.updated_at else devices.updated_at end,
  seen_at = case when ${isSeenAnew('devices', 'excluded')} then excluded.seen_at else devices.seen_at end
where ${isChanged('devices', 'excluded')} or ${isSeenAnew('devices', 'excluded')}`;

export async function writeSightings(database: Database, batch: readonly Sighting[], slot = 0): Promise<void> {
  await database.query(devicesSql, [JSON.stringify(batch.map(toRow)), String(slot)], { isPlannedOnce: true });
}

function toRow({ seenMs, ip: _, running_version, isOfKnown = false, ...columns }: Sighting) {
  const seen_at = new Date(seenMs).toISOString();
  return {
    ...columns,
    said_running: running_version ?? null,
    is_of_known: isOfKnown,
    install_source: columns.install_source || null,
    offered_at: columns.offered_version === null ? null : seen_at,
    seen_at,
    day: seen_at.slice(0, 10),
  };
}
