-- Who owns what, what is released, which devices were seen, and what they reported.

create table users (
  id uuid primary key default gen_random_uuid(),
  email text not null unique,
  first_name text,
  last_name text,
  country text,
  image_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table orgs (
  id uuid primary key default gen_random_uuid(),
  created_by uuid not null references users (id),
  name text not null,
  logo text,
  management_email text not null,
  website text,
  enforcing_2fa boolean not null default false,
  password_policy_config jsonb,
  enforce_hashed_api_keys boolean not null default false,
  require_apikey_expiration boolean not null default false,
  max_apikey_expiration_days integer,
  enforce_encrypted_bundles boolean not null default false,
  required_encryption_key text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (name, created_by)
);

create table org_users (
  id integer generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  user_right text not null check (user_right in ('read', 'upload', 'write', 'admin', 'super_admin')),
  is_invite boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, user_id)
);
create index org_users_by_user on org_users (user_id);

-- Only hashes: the value of a key is shown once, when it is made.
create table apikeys (
  id integer generated always as identity primary key,
  user_id uuid not null references users (id) on delete cascade,
  key_hash text not null unique,
  name text not null,
  mode text not null check (mode in ('read', 'upload', 'write', 'all')),
  limited_to_orgs uuid[] not null default '{}',
  limited_to_apps text[] not null default '{}',
  global_permissions text[] not null default '{}',
  is_hashed_key boolean not null default true,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index apikeys_by_user on apikeys (user_id);

create table apps (
  app_id text primary key,
  id uuid not null unique default gen_random_uuid(),
  owner_org uuid not null references orgs (id) on delete cascade,
  user_id uuid references users (id) on delete set null,
  name text not null,
  icon_url text not null default '',
  last_version text,
  default_upload_channel text not null default 'dev',
  retention bigint not null default 2592000,
  transfer_history jsonb not null default '[]',
  expose_metadata boolean not null default false,
  allow_device_custom_id boolean not null default true,
  allow_preview boolean not null default false,
  block_provider_infra_requests boolean not null default true,
  need_onboarding boolean not null default false,
  existing_app boolean not null default false,
  ios_store_url text,
  android_store_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index apps_by_org on apps (owner_org, created_at);

-- Bytes in the blob store, content-addressed per app. A bundle or a manifest entry that names them keeps them.
create table stored_objects (
  app_uuid uuid not null references apps (id) on delete cascade,
  sha256 text not null,
  size bigint not null,
  crc32 text not null,
  kind text not null check (kind in ('zip', 'encrypted', 'file')),
  created_at timestamptz not null default now(),
  primary key (app_uuid, sha256)
);

create table bundles (
  id integer generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  owner_org uuid not null references orgs (id) on delete cascade,
  user_id uuid references users (id) on delete set null,
  created_by_apikey_id integer,
  name text not null,
  checksum text,
  checksum_v2 text,
  crc32 text,
  session_key text,
  key_id text,
  external_url text,
  object_sha256 text,
  size bigint not null default 0,
  storage_provider text not null check (storage_provider in ('local', 'external', 'none')),
  manifest_count integer not null default 0,
  min_update_version text,
  native_packages jsonb,
  link text,
  comment text,
  cli_version text,
  deleted boolean not null default false,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, name)
);
create index bundles_by_object on bundles (object_sha256) where object_sha256 is not null;
create index bundles_by_age on bundles (app_id, created_at desc);

create table manifest_entries (
  bundle_id integer not null references bundles (id) on delete cascade,
  app_id text not null,
  file_name text not null,
  file_hash text not null,
  file_hash_v2 text,
  object_sha256 text not null,
  size bigint not null,
  primary key (bundle_id, file_name)
);
create index manifest_entries_by_object on manifest_entries (object_sha256);

create table channels (
  id integer generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  owner_org uuid not null references orgs (id) on delete cascade,
  created_by uuid references users (id) on delete set null,
  name text not null,
  version integer references bundles (id) on delete set null,
  public boolean not null default false,
  allow_device_self_set boolean not null default false,
  ios boolean not null default true,
  android boolean not null default true,
  electron boolean not null default true,
  allow_emulator boolean not null default true,
  allow_device boolean not null default true,
  allow_dev boolean not null default true,
  allow_prod boolean not null default true,
  disable_auto_update text not null default 'major'
    check (disable_auto_update in ('major', 'minor', 'patch', 'version_number', 'none')),
  disable_auto_update_under_native boolean not null default true,
  update_package text not null default 'all'
    check (update_package in ('all', 'zip', 'delta', 'zip_from_builtin', 'delta_from_builtin')),
  rollout_version integer references bundles (id) on delete set null,
  rollout_id uuid not null default gen_random_uuid(),
  rollout_percentage_bps integer not null default 0 check (rollout_percentage_bps between 0 and 10000),
  rollout_enabled boolean not null default false,
  rollout_paused_at timestamptz,
  rollout_pause_reason text,
  rollout_cache_ttl_seconds integer not null default 2592000,
  auto_pause_enabled boolean not null default false,
  auto_pause_window_minutes integer not null default 60,
  auto_pause_failure_rate_bps integer,
  auto_pause_confidence double precision not null default 0.95,
  auto_pause_min_attempts integer,
  auto_pause_min_failures integer,
  auto_pause_action text not null default 'pause' check (auto_pause_action in ('pause', 'rollback', 'notify')),
  auto_pause_cooldown_minutes integer not null default 60,
  auto_pause_last_triggered_at timestamptz,
  auto_pause_last_checked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, name)
);
create index channels_by_version on channels (version);
create index channels_by_rollout on channels (rollout_version);
-- At most one default channel per platform.
create unique index channels_public_ios on channels (app_id) where public and ios;
create unique index channels_public_android on channels (app_id) where public and android;
create unique index channels_public_electron on channels (app_id) where public and electron;

-- A device forced onto a channel (or, for plugins older than x.34, by its own choice).
create table channel_devices (
  app_id text not null references apps (app_id) on delete cascade,
  device_id text not null,
  channel_id integer not null references channels (id) on delete cascade,
  owner_org uuid not null references orgs (id) on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (app_id, device_id)
);
create index channel_devices_by_channel on channel_devices (channel_id);

create table deploy_history (
  id integer generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  owner_org uuid not null references orgs (id) on delete cascade,
  channel_id integer not null references channels (id) on delete cascade,
  version_id integer references bundles (id) on delete cascade,
  created_by uuid,
  deployed_at timestamptz not null default now()
);
create index deploy_history_by_channel on deploy_history (channel_id, deployed_at desc);

create table devices (
  app_id text not null references apps (app_id) on delete cascade,
  device_id text not null,
  platform text not null,
  plugin_version text not null default '',
  os_version text,
  version_build text,
  version_code text,
  version_name text,
  custom_id text not null default '',
  is_prod boolean not null default true,
  is_emulator boolean not null default false,
  default_channel text,
  key_id text,
  install_source text,
  country_code text,
  -- The bundle that /updates last offered: Android failure events without a version are about it.
  offered_version text,
  offered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (app_id, device_id)
);
create index devices_by_update on devices (app_id, updated_at, device_id);
create index devices_by_version on devices (app_id, version_name);

-- One row per device and day it was seen; its first day in a month counts for the monthly active devices.
create table device_days (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  device_id text not null,
  platform text not null,
  version_build text not null,
  primary key (app_id, day, device_id)
);
create table device_months (
  app_id text not null references apps (app_id) on delete cascade,
  month date not null,
  device_id text not null,
  first_day date not null,
  primary key (app_id, month, device_id)
);

-- A bundle that failed on a device. From the second failure the device is no longer offered it by that native version.
create table device_failures (
  app_id text not null references apps (app_id) on delete cascade,
  device_id text not null,
  version_name text not null,
  version_build text not null,
  failures integer not null,
  last_failed_at timestamptz not null default now(),
  primary key (app_id, device_id, version_name, version_build)
);

-- Every event, in partitions by the day it happened; partitions are made by the recorder.
create table stats_events (
  day date not null,
  app_id text not null,
  device_id text not null,
  action text not null,
  version_name text,
  -- The bundle of the app that it is about, also where the device named none or the wrong one; '' when it is none.
  bundle_name text not null default '',
  old_version_name text,
  platform text not null,
  plugin_version text not null,
  version_build text,
  is_prod boolean not null,
  is_emulator boolean not null,
  -- The channel that the server found for the device; '' for none.
  channel text not null,
  metadata jsonb,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  -- Digest of app, device, action, version and the device's own timestamp; null when the event had no timestamp.
  dedupe_key uuid
) partition by range (day);
create unique index stats_events_once on stats_events (day, dedupe_key);
create index stats_events_by_app on stats_events (app_id, occurred_at desc);
create index stats_events_by_device on stats_events (app_id, device_id, occurred_at desc);
-- What the rollout guard asks.
create index stats_events_by_outcome on stats_events (app_id, bundle_name, occurred_at)
  where action = 'set' or action like '%\_fail';

-- What pages read. '' stands for "none": no channel, no version that is a bundle of the app. Beside the actions of devices
-- and of the server there are the counters +install, +uninstall and +fail (production builds on real devices only).
create table stats_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  version_name text not null,
  channel text not null,
  platform text not null,
  action text not null,
  count bigint not null,
  primary key (app_id, day, action, version_name, channel, platform)
);

create table bandwidth_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  bytes bigint not null,
  primary key (app_id, day)
);

-- A change to what devices may be told is announced at commit, whoever makes it and by whatever door:
-- every server process replaces its picture of that app.
create function announce_release_change() returns trigger language plpgsql as $$
declare
  changed text := case when tg_op = 'DELETE' then old.app_id else new.app_id end;
begin
  perform pg_notify('overair_release', json_build_object('app', changed)::text);
  return null;
end $$;
create trigger announce after insert or update or delete on apps for each row execute function announce_release_change();
create trigger announce after insert or update or delete on bundles for each row execute function announce_release_change();
create trigger announce after insert or delete on channels for each row execute function announce_release_change();
-- Not when the rollout guard only notes that it looked.
create trigger announce_update after update of name, version, public, allow_device_self_set, ios, android, electron,
  allow_emulator, allow_device, allow_dev, allow_prod, disable_auto_update, disable_auto_update_under_native,
  update_package, rollout_version, rollout_id, rollout_percentage_bps, rollout_enabled, rollout_paused_at
  on channels for each row execute function announce_release_change();

create function announce_override() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform pg_notify('overair_release', json_build_object('app', old.app_id, 'device', old.device_id, 'channel', null)::text);
  else
    perform pg_notify('overair_release', json_build_object('app', new.app_id, 'device', new.device_id, 'channel', new.channel_id)::text);
  end if;
  return null;
end $$;
create trigger announce after insert or update or delete on channel_devices for each row execute function announce_override();

create function announce_failed_bundle() returns trigger language plpgsql as $$
begin
  perform pg_notify('overair_release', json_build_object(
    'app', new.app_id, 'device', new.device_id, 'failed', new.version_name, 'build', new.version_build)::text);
  return null;
end $$;
create trigger announce after insert or update on device_failures
  for each row when (new.failures >= 2) execute function announce_failed_bundle();
