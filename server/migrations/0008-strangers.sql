-- What strangers can say: whose reports count, how long devices are kept, and what makes two events one.

-- Whether the server had offered the device the bundle that the event is about. Only such outcomes count in failure rates.
alter table stats_events add column was_offered boolean not null default false;

-- The last activity of a device, to a grain of days: updated_at is the last change. Devices known before count as active now.
alter table devices add column seen_at timestamptz not null default now();
create index devices_by_activity on devices (seen_at);

-- dedupe_key is the digest of app, device, action, version and time; now also of the metadata, by the rule of dedupeKey.
-- Events of the last days get the new key, because a phone may still send them again; older rows are left alone.
update stats_events
set dedupe_key = substr(encode(sha256(convert_to(replace(dedupe_key::text, '-', '') || (
    select '{' || string_agg(to_json(key)::text || ':' || to_json(value)::text, ',' order by key collate "C") || '}'
    from jsonb_each_text(metadata)
  ), 'UTF8')), 'hex'), 1, 32)::uuid
where day >= (now() at time zone 'utc')::date - 3
  and dedupe_key is not null and jsonb_typeof(metadata) = 'object' and metadata <> '{}';

-- What was answered but left out of the numbers, by app and day.
create table held_back_daily (
  app_id text not null references apps (app_id) on delete cascade,
  day date not null,
  reason text not null check (reason in ('store_network', 'new_device', 'not_offered')),
  count bigint not null,
  primary key (app_id, day, reason)
);
