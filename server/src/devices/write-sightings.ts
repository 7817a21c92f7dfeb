// Writes a batch of sightings in one statement: the devices, and the days and months in which they were seen.

import type { Database } from '../db/database.ts';
import type { Sighting } from './sighting.ts';

/** The last activity is written down anew when it is so much older: otherwise every device would be a write a day. */
export const seenGrainDays = 7;

const isChanged = `
  (devices.platform, devices.plugin_version, devices.os_version, devices.version_build, devices.version_code,
    devices.version_name, devices.custom_id, devices.is_prod, devices.is_emulator, devices.default_channel, devices.key_id,
    devices.install_source, devices.offered_version, devices.offered_at)
  is distinct from (excluded.platform, excluded.plugin_version, coalesce(excluded.os_version, devices.os_version),
    coalesce(excluded.version_build, devices.version_build), coalesce(excluded.version_code, devices.version_code),
    coalesce(excluded.version_name, devices.version_name), coalesce(nullif(excluded.custom_id, ''), devices.custom_id),
    excluded.is_prod, excluded.is_emulator, excluded.default_channel, excluded.key_id,
    coalesce(excluded.install_source, devices.install_source), coalesce(excluded.offered_version, devices.offered_version),
    coalesce(excluded.offered_at, devices.offered_at))`;

const isSeenAnew = `devices.seen_at < excluded.seen_at - interval '${seenGrainDays} days'`;

const devicesSql = `
with sent as (
  select s.* from json_to_recordset($1::json) as s(
    app_id text, device_id text, platform text, plugin_version text, os_version text, version_build text,
    version_code text, version_name text, custom_id text, is_prod boolean, is_emulator boolean, default_channel text,
    key_id text, install_source text, offered_version text, seen_at timestamptz, day date)
),
alive as (
  select app_id from apps where app_id in (select app_id from sent) order by app_id for key share
),
seen as (
  select * from sent where app_id in (select app_id from alive)
),
days as (
  insert into device_days (app_id, day, device_id, platform, version_build)
  select app_id, day, device_id, platform, coalesce(version_build, '') from seen order by app_id, day, device_id
  on conflict do nothing
),
months as (
  insert into device_months (app_id, month, device_id, first_day)
  select app_id, date_trunc('month', day)::date, device_id, day from seen order by app_id, device_id
  on conflict do nothing
)
insert into devices (app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name,
  custom_id, is_prod, is_emulator, default_channel, key_id, install_source, offered_version, offered_at, created_at,
  updated_at, seen_at)
select app_id, device_id, platform, plugin_version, os_version, version_build, version_code, version_name,
  custom_id, is_prod, is_emulator, default_channel, key_id, nullif(install_source, ''), offered_version,
  case when offered_version is null then null else seen_at end, seen_at, seen_at, seen_at
from seen order by app_id, device_id
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
  updated_at = case when ${isChanged} then excluded.updated_at else devices.updated_at end,
  seen_at = case when ${isSeenAnew} then excluded.seen_at else devices.seen_at end
where ${isChanged} or ${isSeenAnew}`;

export async function writeSightings(database: Database, batch: readonly Sighting[]): Promise<void> {
  await database.query(devicesSql, [JSON.stringify(batch.map(toRow))]);
}

function toRow({ seenMs, ip: _, ...columns }: Sighting) {
  const seen_at = new Date(seenMs).toISOString();
  return { ...columns, seen_at, day: seen_at.slice(0, 10) };
}
