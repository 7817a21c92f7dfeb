-- What became of a release on the phones, and a schema that many processes can write to at once.

-- ── Many writers ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Each process adds to rollup rows of its own (`slot`), so that no batch waits for the commit of another process's. Pages sum
-- over the slots; a nightly job folds the slots of past days into slot 0.
create table rollup_slots (
  slot smallint primary key check (slot between 0 and 15),
  holder uuid not null,
  leased_until timestamptz not null
);

-- Foreign keys to `apps` would lock the app's row in every batch. Deleting an app sweeps instead, see sweep_deleted_apps.
alter table stats_daily
  add column slot smallint not null default 0,
  drop constraint stats_daily_pkey,
  drop constraint stats_daily_app_id_fkey,
  add primary key (app_id, day, action, version_name, channel, platform, slot);
alter table held_back_daily
  add column slot smallint not null default 0,
  drop constraint held_back_daily_pkey,
  drop constraint held_back_daily_app_id_fkey,
  add primary key (app_id, day, reason, slot);
alter table mau_daily
  add column slot smallint not null default 0,
  drop constraint mau_daily_pkey,
  drop constraint if exists mau_daily_app_id_fkey,
  add primary key (app_id, day, slot);
alter table native_daily
  add column slot smallint not null default 0,
  drop constraint native_daily_pkey,
  drop constraint if exists native_daily_app_id_fkey,
  add primary key (app_id, day, platform, version_build, slot);
alter table devices drop constraint devices_app_id_fkey;
alter table device_days drop constraint device_days_app_id_fkey;
alter table device_months drop constraint device_months_app_id_fkey;
alter table device_failures drop constraint device_failures_app_id_fkey;

-- The statement that notes devices counts their first days itself: a trigger does not know the slot.
drop trigger count_first_days on device_months;
drop function count_first_days();
drop trigger count_native_builds on device_days;
drop function count_native_builds();

-- A key that the device leads spreads over many servers, and it replaces the index by device: within a day a device has few rows.
drop index stats_events_once;
drop index stats_events_by_device;
create unique index stats_events_once on stats_events (device_id, app_id, day, dedupe_key);
-- Events are followed in the order in which they arrive.
drop index stats_events_by_app;
create index stats_events_by_arrival on stats_events (app_id, received_at);
-- What failed lately. The predicate stands once more in server/src/stats/failures.ts.
create index stats_events_by_failure on stats_events (app_id, occurred_at)
  where action like '%\_fail' or action like 'webview\_%' or action like 'app\_crash%' or action in ('app_anr', 'app_launch_timeout');

-- ── Changes that are polled ─────────────────────────────────────────────────────────────────────────────────────────────

-- A commit that notifies waits for every other such commit of the whole database, and failures come by the thousand in the
-- hour of a bad release: they are written here, and every process polls. Who polls remembers the oldest transaction that was
-- still open (`pg_snapshot_xmin`) and asks for rows from there on: an id would lose rows that commit late.
create table change_feed (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  app_id text not null,
  detail jsonb not null,
  at timestamptz not null default now()
);
create index change_feed_by_transaction on change_feed (xid);

drop trigger announce on device_failures;
drop function announce_failed_bundle();
create function feed_failed_bundles() returns trigger language plpgsql as $$
begin
  insert into change_feed (app_id, detail)
  select app_id, jsonb_build_object('app', app_id, 'device', device_id, 'failed', version_name, 'build', version_build,
    'failures', failures, 'unopened_with', unopened_with)
  from touched where failures >= 2 or unopened_with is not null;
  return null;
end $$;
create trigger feed_inserted after insert on device_failures
  referencing new table as touched for each statement execute function feed_failed_bundles();
create trigger feed_updated after update on device_failures
  referencing new table as touched for each statement execute function feed_failed_bundles();

-- One announcement for a device, but one for the whole app where a statement touches many: a notification holds 8,000 bytes,
-- and the queue of notifications is finite.
drop trigger announce on channel_devices;
drop function announce_override();
create function announce_overrides() returns trigger language plpgsql as $$
begin
  if (select count(*) from (select from touched limit 101) few) > 100 then
    perform pg_notify('overair_release', json_build_object('app', app_id)::text) from (select distinct app_id from touched) apps;
  else
    perform pg_notify('overair_release', json_build_object('app', app_id, 'device', device_id,
      'channel', case when tg_op = 'DELETE' then null else channel_id end)::text) from touched;
  end if;
  return null;
end $$;
create trigger announce_inserted after insert on channel_devices
  referencing new table as touched for each statement execute function announce_overrides();
create trigger announce_updated after update on channel_devices
  referencing new table as touched for each statement execute function announce_overrides();
create trigger announce_deleted after delete on channel_devices
  referencing old table as touched for each statement execute function announce_overrides();

-- ── Outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What the device said last that it runs: a bundle's name, or `builtin`. `version_name` stays what the contract makes of it.
alter table devices add column running_version text, add column running_since timestamptz;
create index devices_by_running on devices (app_id, running_version);

-- The last word of a device about a bundle. Words: 1 offered, 2 downloaded, 3 running, 4 failed (bundle), 5 failed (network),
-- 6 failed (device), 7 failed (crash), 8 refused, 9 silent, 10 replaced, 11 started. server/src/stats/outcome-words.ts has the rules.
create table device_outcomes (
  device_id text not null,
  app_id text not null,
  -- '': refused without a bundle to withhold.
  bundle_name text not null,
  word smallint not null,
  -- The code of a refusal; '' with every other word.
  code text not null default '',
  -- Bit n: the device was once at word n.
  reached smallint not null,
  channel text not null,
  platform text not null,
  version_build text not null,
  -- An emulator or a development build.
  is_test boolean not null,
  -- When the word was last changed.
  at timestamptz not null,
  primary key (device_id, app_id, bundle_name)
);
-- What may have fallen silent, and what is over its time.
create index device_outcomes_offered on device_outcomes (at) where word = 1;

-- Devices by bundle, place, kind and word. A device moves from one row to another, so sums over time are exact: `entered` minus
-- `gone` up to a moment is who stood at the word then. `first`: for how many it was the first time with this bundle.
create table outcome_counts (
  app_id text not null,
  grain text not null check (grain in ('minute', 'hour', 'day')),
  at timestamptz not null,
  bundle_name text not null,
  channel text not null,
  platform text not null,
  version_build text not null,
  is_test boolean not null,
  word smallint not null,
  code text not null,
  slot smallint not null,
  entered bigint not null,
  gone bigint not null,
  first bigint not null,
  primary key (app_id, grain, at, bundle_name, word, channel, platform, version_build, is_test, code, slot)
);
create index outcome_counts_by_bundle on outcome_counts (app_id, bundle_name, grain, at);

-- Offers of before: whoever reports next is known to have been offered the bundle.
insert into device_outcomes (device_id, app_id, bundle_name, word, reached, channel, platform, version_build, is_test, at)
select d.device_id, d.app_id, d.offered_version, 1, 2, '', d.platform, coalesce(d.version_build, ''), not d.is_prod or d.is_emulator,
  coalesce(d.offered_at, d.updated_at)
from devices d join bundles b on b.app_id = d.app_id and b.name = d.offered_version and not b.deleted
where d.offered_at > now() - interval '90 days';
insert into outcome_counts (app_id, grain, at, bundle_name, channel, platform, version_build, is_test, word, code, slot, entered, gone, first)
select app_id, grain, date_trunc(grain, at, 'UTC'), bundle_name, channel, platform, version_build, is_test, 1, '', 0, count(*), 0, count(*)
from device_outcomes, (values ('minute'), ('hour'), ('day')) as grains (grain)
group by 1, 2, 3, 4, 5, 6, 7, 8;

-- ── Deletion ────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What foreign keys did before. An event that is on its way meanwhile is swept by the nightly job.
create function sweep_deleted_apps() returns trigger language plpgsql as $$
declare
  swept text;
begin
  foreach swept in array array['stats_events', 'stats_daily', 'held_back_daily', 'mau_daily', 'native_daily', 'devices', 'device_days',
    'device_months', 'device_failures', 'device_outcomes', 'outcome_counts', 'change_feed'] loop
    execute format('delete from %I where app_id in (select app_id from gone)', swept);
  end loop;
  return null;
end $$;
create trigger sweep after delete on apps
  referencing old table as gone for each statement execute function sweep_deleted_apps();
