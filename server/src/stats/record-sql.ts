// The statement that stores a batch of events and all that follows from them.

import { deviceActions } from '@overair/protocol/device/actions';
import { KNOWN_APPS } from '../accounts/apps.ts';
import { outcomeCtes } from './heard.ts';

const knownActions = deviceActions.map((action) => `'${action}'`).join(', ');

/**
 * Events, rollups, outcomes and failures in one statement, so they are one transaction on any engine. $1: events, $2 and $3: what
 * was heard (`heardRows`), $4: the slot, $5: now. Returns the failures that decide what a device is told.
 */
export const insertSql = `
with sent as (
  select i.* from json_to_recordset($1::json) as i(
    day date, app_id text, device_id text, action text, version_name text, bundle_name text, old_version_name text,
    old_bundle_name text, platform text, plugin_version text, version_build text, is_prod boolean, is_emulator boolean,
    channel text, metadata jsonb, occurred_at timestamptz, received_at timestamptz, dedupe_key uuid, rollup boolean,
    unopened_with text, network integer, n integer)
),
-- Without a lock on the app: what comes while it is being deleted is swept by night.
incoming as (
  select * from sent where app_id in ${KNOWN_APPS}
),
-- Within one batch the constraint decides too, but only one of two equal rows may be counted below.
fresh as (
  select distinct on (day, device_id, app_id, coalesce(dedupe_key::text, 'row ' || n)) * from incoming
  order by day, device_id, app_id, coalesce(dedupe_key::text, 'row ' || n), n
),
judged as (
  select fresh.*, is_outcome, is_outcome and exists (
    select from devices d
    where d.app_id = fresh.app_id and d.device_id = fresh.device_id and d.offered_version = fresh.bundle_name
  ) as was_offered
  from fresh, lateral (select bundle_name <> '' and (action = 'set' or action like '%\\_fail') as is_outcome) outcome
),
stored as (
  insert into stats_events (day, app_id, device_id, action, version_name, bundle_name, old_version_name, platform, plugin_version,
    version_build, is_prod, is_emulator, channel, metadata, occurred_at, received_at, dedupe_key, was_offered, network)
  select day, app_id, device_id, action, version_name, bundle_name, old_version_name, platform, plugin_version,
    version_build, is_prod, is_emulator, channel, metadata, occurred_at, received_at, dedupe_key, was_offered, network
  from judged
  on conflict (device_id, app_id, day, dedupe_key) do nothing
  returning device_id, app_id, day, dedupe_key
),
kept as (
  select judged.* from judged
  where dedupe_key is null
     or exists (select from stored where stored.day = judged.day and stored.dedupe_key = judged.dedupe_key
       and stored.device_id = judged.device_id and stored.app_id = judged.app_id)
),
-- As a rule there is none, and nothing is compared. What a repeated event says was heard when it was stored.
repeated as (
  select device_id, app_id, array_agg(n) as events from incoming
  where (select count(*) from incoming) > (select count(*) from kept)
    and not exists (select from kept where kept.n = incoming.n)
  group by device_id, app_id
),
-- What is counted is kept for ever: a device's own words name nothing of it.
counted as (
  select kept.*, case when platform in ('ios', 'android', 'electron') then platform else '' end as counted_platform
  from kept where rollup
),
counters as (
  select app_id, day, bundle_name, channel, counted_platform as platform, action from counted where action in (${knownActions})
  union all
  select app_id, day, bundle_name, channel, counted_platform, '+install' from counted
    where action = 'set' and is_prod and not is_emulator and bundle_name <> ''
  union all
  select app_id, day, old_bundle_name, channel, counted_platform, '+uninstall' from counted
    where action = 'set' and is_prod and not is_emulator and old_bundle_name not in ('', bundle_name)
  union all
  select app_id, day, bundle_name, channel, counted_platform, '+fail' from counted
    where action like '%\\_fail' and is_prod and not is_emulator and bundle_name <> ''
),
rolled_up as (
  insert into stats_daily (app_id, day, version_name, channel, platform, action, slot, count)
  select app_id, day, bundle_name, channel, platform, action, $4::smallint, count(*) from counters
  group by app_id, day, bundle_name, channel, platform, action
  order by app_id, day, action, bundle_name, channel, platform
  on conflict (app_id, day, action, version_name, channel, platform, slot)
  do update set count = stats_daily.count + excluded.count
),
held_back as (
  insert into held_back_daily (app_id, day, reason, slot, count)
  select app_id, day, 'not_offered', $4::smallint, count(*) from counted
  where is_outcome and not was_offered and is_prod and not is_emulator
  group by app_id, day order by app_id, day
  on conflict (app_id, day, reason, slot) do update set count = held_back_daily.count + excluded.count
),
${outcomeCtes({ words: '$2', devices: '$3', slot: '$4', at: '$5' })},
failed as (
  insert into device_failures (app_id, device_id, version_name, version_build, failures, unopened_with)
  select app_id, device_id, bundle_name, coalesce(version_build, ''),
    count(*) filter (where action in ('update_fail', 'set_fail')), max(unopened_with)
  from counted
  where (action in ('update_fail', 'set_fail') or unopened_with is not null) and bundle_name <> ''
  group by app_id, device_id, bundle_name, coalesce(version_build, '')
  order by app_id, device_id, bundle_name, coalesce(version_build, '')
  on conflict (app_id, device_id, version_name, version_build)
  do update set failures = device_failures.failures + excluded.failures, last_failed_at = now(),
    unopened_with = coalesce(excluded.unopened_with, device_failures.unopened_with)
  returning app_id, device_id, version_name, version_build, failures, unopened_with
)
select * from failed where failures >= 2 or unopened_with is not null`;
