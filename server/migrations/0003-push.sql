-- Group push: who may send, who listens, what was sent, what became of it.

-- The push side of an app. Secrets are SHA-256 hashes: callers send the secret itself with every request.
create table push_apps (
  app_id text primary key references apps (app_id) on delete cascade,
  app_key text not null unique,
  owner_org uuid not null references orgs (id) on delete cascade,
  secret_hash text not null,
  previous_secret_hash text,
  previous_secret_until timestamptz,
  enabled boolean not null default true,
  default_url text,
  default_icon text,
  allowed_ips text[] not null default '{}',
  web_origins text[] not null default '{}',
  client_tags boolean not null default true,
  -- Days a browser counts as reachable for "all"; 0 = for ever.
  web_active_days integer not null default 30,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index push_apps_by_org on push_apps (owner_org);

-- One row per provider. `sealed` is encrypted with the server's secret; `details` is what pages may show.
create table push_credentials (
  app_id text not null references apps (app_id) on delete cascade,
  channel text not null check (channel in ('webpush', 'fcm', 'apns')),
  sealed text not null,
  details jsonb not null default '{}',
  -- The provider token last made, shared by all processes: APNs counts how often it changes.
  token_sealed text,
  token_at timestamptz,
  failure text,
  paused_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (app_id, channel)
);

create table push_groups (
  group_key text primary key,
  owner_org uuid not null references orgs (id) on delete cascade,
  name text not null,
  secret_hash text not null,
  previous_secret_hash text,
  previous_secret_until timestamptz,
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index push_groups_by_org on push_groups (owner_org, created_at);

create table push_group_apps (
  group_key text not null references push_groups (group_key) on delete cascade,
  app_id text not null references push_apps (app_id) on delete cascade,
  added_at timestamptz not null default now(),
  primary key (group_key, app_id)
);
create index push_group_apps_by_app on push_group_apps (app_id);

-- A phone or a browser that can be reached. `shard` spreads an app's devices evenly, so that a fan-out divides into equal parts.
create table push_devices (
  id bigint generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  registration_id text not null unique,
  shard smallint not null default floor(random() * 16),
  platform text not null check (platform in ('android', 'ios', 'hmos', 'web')),
  channel text not null check (channel in ('fcm', 'apns', 'webpush', 'none')),
  -- Endpoint and keys, or the provider's token, encrypted with the server's secret; null once the provider called it dead.
  sealed text,
  voip_sealed text,
  target_hash text,
  secret_sealed text,
  vapid_key text,
  apns_production boolean not null default true,
  bundle_id text,
  app_version text,
  -- The phone's id in the live-update registry.
  device_id text,
  alias text,
  user_str text,
  language text,
  timezone text,
  browser text,
  os text,
  user_agent text,
  badge integer not null default 0,
  active_hour smallint,
  active boolean not null default true,
  inactive_reason text,
  inactive_at timestamptz,
  created_at timestamptz not null default now(),
  registered_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);
create index push_devices_walk on push_devices (app_id, shard, id) where active;
create unique index push_devices_by_target on push_devices (app_id, target_hash) where target_hash is not null;
create unique index push_devices_by_alias on push_devices (app_id, alias) where alias is not null;
create index push_devices_by_phone on push_devices (app_id, device_id) where device_id is not null;
create index push_devices_by_age on push_devices (app_id, created_at);
create index push_devices_retired on push_devices (inactive_at) where not active;

create table push_device_tags (
  app_id text not null,
  tag text not null,
  device bigint not null references push_devices (id) on delete cascade,
  primary key (app_id, tag, device)
);
create index push_device_tags_by_device on push_device_tags (device);

create table push_device_days (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  device bigint not null references push_devices (id) on delete cascade,
  primary key (app_id, day, device)
);

create table push_live_activities (
  app_id text not null references apps (app_id) on delete cascade,
  live_activity_id text not null,
  device bigint not null references push_devices (id) on delete cascade,
  sealed text not null,
  created_at timestamptz not null default now(),
  primary key (app_id, live_activity_id, device)
);

create table push_segments (
  segment_id text primary key,
  app_id text not null references apps (app_id) on delete cascade,
  name text not null,
  audience jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index push_segments_by_app on push_segments (app_id, created_at);

create sequence push_msg_ids start 1000000000;

create table push_messages (
  msg_id bigint primary key default nextval('push_msg_ids'),
  app_id text not null references apps (app_id) on delete cascade,
  group_msgid text,
  group_key text,
  request_id text not null default '',
  sender text not null default '',
  custom_args jsonb,
  audience jsonb not null,
  message jsonb not null,
  -- The id that phones and push services know the message by when it replaces another: that one's. Null: its own.
  shown_id bigint,
  plan_id text,
  schedule_id uuid,
  state text not null default 'queued' check (state in ('queued', 'sent', 'withdrawn', 'replaced')),
  expires_at timestamptz not null,
  spread_until timestamptz,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index push_messages_by_app on push_messages (app_id, created_at desc);
create index push_messages_by_group on push_messages (group_msgid) where group_msgid is not null;
create index push_messages_by_plan on push_messages (app_id, plan_id, created_at) where plan_id is not null;
create index push_messages_by_age on push_messages (created_at);
create index push_messages_running on push_messages (app_id) where state = 'queued';

-- How far each part of a fan-out has come. The cursor moves in the transaction that records the batch before it.
create table push_walks (
  msg_id bigint not null references push_messages (msg_id) on delete cascade,
  app_id text not null,
  first_shard smallint not null,
  last_shard smallint not null,
  cursor_shard smallint not null,
  cursor_id bigint not null default 0,
  batches integer not null default 0,
  -- Until when the process that walks is believed to be alive.
  leased_until timestamptz not null default now(),
  done boolean not null default false,
  primary key (msg_id, first_shard)
);
create index push_walks_open on push_walks (leased_until) where not done;

create table push_deliveries (
  msg_id bigint not null references push_messages (msg_id) on delete cascade,
  registration_id text not null,
  kind text not null check (kind in ('notification', 'message', 'live_activity', 'voip')),
  app_id text not null,
  device bigint,
  platform text not null,
  bucket text not null,
  state text not null check (state in
    ('queued', 'sent', 'sent_failed', 'target_invalid', 'delivered_failed', 'withdrawn')),
  attempts smallint not null default 0,
  next_at timestamptz,
  error_code integer not null default 0,
  error_message text not null default '',
  channel_message_id text,
  delivered_at timestamptz,
  displayed_at timestamptz,
  clicked_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (msg_id, registration_id, kind)
);
create index push_deliveries_waiting on push_deliveries (msg_id, next_at) where state = 'queued';

-- What pages and the statistics calls read.
create table push_counts (
  app_id text not null references apps (app_id) on delete cascade,
  msg_id bigint not null references push_messages (msg_id) on delete cascade,
  kind text not null,
  platform text not null,
  bucket text not null,
  targets bigint not null default 0,
  sent bigint not null default 0,
  delivered bigint not null default 0,
  impressions bigint not null default 0,
  clicks bigint not null default 0,
  failed bigint not null default 0,
  primary key (msg_id, kind, platform, bucket)
);
create table push_failures (
  app_id text not null references apps (app_id) on delete cascade,
  msg_id bigint not null references push_messages (msg_id) on delete cascade,
  platform text not null,
  reason text not null,
  count bigint not null default 0,
  primary key (msg_id, platform, reason)
);
create table push_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  platform text not null,
  bucket text not null,
  targets bigint not null default 0,
  sent bigint not null default 0,
  delivered bigint not null default 0,
  impressions bigint not null default 0,
  clicks bigint not null default 0,
  failed bigint not null default 0,
  primary key (app_id, day, platform, bucket)
);

-- The first answer to a request that carries an id of its own; a repetition within a day reads it instead of sending.
create table push_answers (
  scope text not null,
  repeat_key text not null,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (scope, repeat_key)
);

create table push_plans (
  app_id text not null references apps (app_id) on delete cascade,
  plan_id text not null,
  plan_description text not null default '',
  send_source smallint not null default 0,
  message_count bigint not null default 0,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (app_id, plan_id)
);

create table push_schedules (
  schedule_id uuid primary key default gen_random_uuid(),
  app_id text references apps (app_id) on delete cascade,
  group_key text references push_groups (group_key) on delete cascade,
  name text not null,
  enabled boolean not null default true,
  trigger jsonb not null,
  push jsonb not null,
  cid text,
  -- The next run; null when there is none left.
  next_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((app_id is null) <> (group_key is null))
);
create index push_schedules_due on push_schedules (next_at) where enabled and next_at is not null;
create index push_schedules_by_app on push_schedules (app_id, created_at);
create index push_schedules_by_group on push_schedules (group_key, created_at);

create table push_schedule_runs (
  schedule_id uuid not null references push_schedules (schedule_id) on delete cascade,
  run_at timestamptz not null,
  -- The part of a run: a time zone, or an hour of the day; '' when the run is one.
  part text not null default '',
  outcome text not null,
  primary key (schedule_id, run_at, part)
);

create table push_callbacks (
  callback_id uuid primary key default gen_random_uuid(),
  app_id text unique references apps (app_id) on delete cascade,
  group_key text unique references push_groups (group_key) on delete cascade,
  url text not null,
  username text,
  secret_sealed text,
  authorization_sealed text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((app_id is null) <> (group_key is null))
);

create table push_callback_outbox (
  id bigint generated always as identity primary key,
  callback_id uuid not null references push_callbacks (callback_id) on delete cascade,
  row jsonb not null,
  attempts smallint not null default 0,
  next_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index push_callback_outbox_by_callback on push_callback_outbox (callback_id, id);

create table push_voices (
  app_id text not null references apps (app_id) on delete cascade,
  language text not null,
  content_type text not null,
  content bytea not null,
  updated_at timestamptz not null default now(),
  primary key (app_id, language)
);
