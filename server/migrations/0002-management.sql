-- What the management door adds: invitations, audit log, webhooks, tombstones, and the rollups behind its statistics.

alter table apikeys add column rbac_id uuid not null unique default gen_random_uuid();

-- For people without an account: the token is in the link they get, only its hash is here.
create table invitations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references orgs (id) on delete cascade,
  email text not null,
  user_right text not null check (user_right in ('read', 'upload', 'write', 'admin', 'super_admin')),
  token_hash text not null unique,
  invited_by uuid references users (id) on delete set null,
  created_at timestamptz not null default now(),
  cancelled_at timestamptz,
  unique (org_id, email)
);

-- Append-only. No foreign keys: entries outlive what they are about.
create table audit_logs (
  id bigint generated always as identity primary key,
  org_id uuid not null,
  created_at timestamptz not null,
  table_name text not null,
  record_id text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE')),
  old_record jsonb,
  new_record jsonb,
  changed_fields text[],
  actor_type text not null check (actor_type in ('user', 'apikey', 'system')),
  actor_user_id uuid,
  actor_user_email text,
  actor_apikey_id integer,
  actor_apikey_name text,
  actor_ip text,
  previous_hash text not null,
  entry_hash text not null
);
create index audit_logs_by_org on audit_logs (org_id, id desc);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger append_only before update or delete on audit_logs
  for each row execute function refuse_audit_change();

-- The last link of each organization's chain; its row lock puts concurrent writers in one order.
create table audit_heads (
  org_id uuid primary key,
  last_id bigint,
  last_hash text not null
);

create table webhooks (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references orgs (id) on delete cascade,
  name text not null,
  url text not null,
  -- Encrypted with the server's secret: signing needs the text, so a hash would not do.
  secret_sealed text not null,
  enabled boolean not null default true,
  events text[] not null,
  delivery_version text not null default 'legacy' check (delivery_version in ('legacy', 'standard')),
  created_by uuid references users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_by_org on webhooks (org_id, created_at desc);

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_id uuid not null references webhooks (id) on delete cascade,
  org_id uuid not null,
  audit_log_id bigint,
  event_id uuid not null default gen_random_uuid(),
  event_type text not null,
  status text not null default 'pending' check (status in ('pending', 'success', 'failed')),
  request_payload jsonb not null,
  response_status integer,
  response_body text,
  attempt_count integer not null default 0,
  max_attempts integer not null default 10,
  next_retry_at timestamptz default now(),
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  duration_ms integer,
  delivery_version text not null
);
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at desc);
create index webhook_deliveries_due on webhook_deliveries (next_retry_at) where status = 'pending';
create index webhook_deliveries_by_age on webhook_deliveries (created_at);

create function announce_delivery() returns trigger language plpgsql as $$
begin
  perform pg_notify('overair_webhook', new.id::text);
  return null;
end $$;
create trigger announce after insert on webhook_deliveries for each row execute function announce_delivery();

-- Tombstones: statistics still list a deleted app for a while, and its bytes are removed even if the server dies between.
create table deleted_apps (
  app_uuid uuid primary key,
  app_id text not null,
  owner_org uuid not null,
  created_at timestamptz not null,
  deleted_at timestamptz not null default now(),
  files_removed_at timestamptz
);
create index deleted_apps_by_org on deleted_apps (owner_org, deleted_at);

-- The id of an organization is never used again.
create table deleted_orgs (
  org_id uuid primary key,
  deleted_at timestamptz not null default now()
);

-- Stored bytes: the change of each day, and the byte-hours that day's changes are worth until its end.
create table storage_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  bytes bigint not null,
  byte_hours double precision not null,
  primary key (app_id, day)
);

create function record_storage() returns trigger language plpgsql as $$
declare
  before bigint := 0;
  delta bigint;
  moment timestamp := now() at time zone 'utc';
  hours_left double precision := extract(epoch from date_trunc('day', moment) + interval '1 day' - moment) / 3600;
begin
  if tg_op = 'UPDATE' and not old.deleted then before := old.size; end if;
  delta := case when new.deleted then 0 else new.size end - before;
  if delta <> 0 then
    insert into storage_daily (app_id, day, bytes, byte_hours) values (new.app_id, moment::date, delta, delta * hours_left)
    on conflict (app_id, day) do update
      set bytes = storage_daily.bytes + excluded.bytes, byte_hours = storage_daily.byte_hours + excluded.byte_hours;
  end if;
  return null;
end $$;
create trigger record_storage after insert or update of size, deleted on bundles
  for each row execute function record_storage();

-- Devices on their first day of a month, and per native build: pages never count single devices.
create table mau_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  devices bigint not null,
  primary key (app_id, day)
);
create table native_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  platform text not null,
  version_build text not null,
  devices bigint not null,
  primary key (app_id, day, platform, version_build)
);

create function count_first_days() returns trigger language plpgsql as $$
begin
  insert into mau_daily (app_id, day, devices)
    select app_id, first_day, count(*) from added group by app_id, first_day order by app_id, first_day
    on conflict (app_id, day) do update set devices = mau_daily.devices + excluded.devices;
  return null;
end $$;
create trigger count_first_days after insert on device_months
  referencing new table as added for each statement execute function count_first_days();

create function count_native_builds() returns trigger language plpgsql as $$
begin
  insert into native_daily (app_id, day, platform, version_build, devices)
    select app_id, day, platform, version_build, count(*) from added
    group by app_id, day, platform, version_build order by app_id, day, platform, version_build
    on conflict (app_id, day, platform, version_build) do update set devices = native_daily.devices + excluded.devices;
  return null;
end $$;
create trigger count_native_builds after insert on device_days
  referencing new table as added for each statement execute function count_native_builds();

-- `count` stays out of the index, so that counting up remains a heap-only update.
create index stats_daily_by_action on stats_daily (app_id, action, day);
