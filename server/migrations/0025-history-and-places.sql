-- What devices were decided by at any moment, bundles that are withheld where they fail, and numbers that are polled.

-- ── What was decided by ─────────────────────────────────────────────────────────────────────────────────────────────────

-- A row for each change of what /updates decides by: `explain` asks for a moment of the past. Null facts: gone.
create table release_history (
  id bigint generated always as identity primary key,
  app_id text not null,
  -- app: known from then on, with the names that once were its defaults. channel: by its id. override: by the device's id.
  kind text not null check (kind in ('app', 'channel', 'override')),
  key text not null,
  at timestamptz not null default clock_timestamp(),
  xid xid8 not null default pg_current_xact_id(),
  facts jsonb
);
create index release_history_by_key on release_history (app_id, kind, key, at desc, id desc);
create index release_history_by_age on release_history (at);

-- Of several changes in one transaction nobody was ever decided by the first ones: the row is overwritten.
create function note_release_history(of_app text, of_kind text, of_key text, as_of_now jsonb) returns void language plpgsql as $$
declare
  last release_history;
begin
  select * into last from release_history h
  where h.app_id = of_app and h.kind = of_kind and h.key = of_key order by h.at desc, h.id desc limit 1;
  if last.facts is not distinct from as_of_now then
    return;
  -- The time too: ids of transactions begin anew in a database that was restored.
  elsif last.xid = pg_current_xact_id() and last.at >= now() then
    update release_history set facts = as_of_now, at = clock_timestamp() where id = last.id;
  else
    insert into release_history (app_id, kind, key, facts) values (of_app, of_kind, of_key, as_of_now);
  end if;
end $$;

-- All settings, so that a new one needs no line here; without what changes and decides nothing. With the facts of its bundles: a
-- bundle may be forgotten sooner than what it did.
create function channel_facts(c channels) returns jsonb language sql stable as $$
  select to_jsonb(c) - array['app_id', 'owner_org', 'created_by', 'created_at', 'updated_at', 'auto_pause_last_triggered_at',
      'auto_pause_last_checked_at', 'rollout_pause_reason']
    || jsonb_build_object(
      'stopped', array(
        select r.bundle_name from releases r
        where r.app_id = c.app_id and r.channel_id = c.id and r.ended_at is null and r.state = 'stopped' and r.proven_bad_at is not null
        order by r.id),
      'bundles', (
        select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name, 'is_encrypted', coalesce(b.session_key, '') <> '',
          'key_id', b.key_id, 'external_url', b.external_url, 'object_sha256', b.object_sha256,
          'min_update_version', b.min_update_version, 'has_manifest', b.manifest_count > 0, 'deleted', b.deleted) order by b.id), '[]')
        from bundles b where b.app_id = c.app_id and b.id in (c.version, c.rollout_version)))
$$;

create function app_facts(of_app text) returns jsonb language sql stable as $$
  select jsonb_build_object('former_defaults', (
    select coalesce(jsonb_agg(jsonb_build_object('name', f.name, 'platform', f.platform) order by f.name, f.platform), '[]')
    from former_defaults f where f.app_id = of_app))
$$;

create function remember_channel() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' then
    perform note_release_history(new.app_id, 'channel', new.id::text, channel_facts(new));
  elsif exists (select from apps where app_id = old.app_id) then
    perform note_release_history(old.app_id, 'channel', old.id::text, null);
  end if;
  return null;
end $$;
create trigger remember after insert or update or delete on channels for each row execute function remember_channel();

create function remember_bundle() returns trigger language plpgsql as $$
begin
  perform note_release_history(c.app_id, 'channel', c.id::text, channel_facts(c))
  from channels c where c.app_id = new.app_id and (c.version = new.id or c.rollout_version = new.id);
  return null;
end $$;
create trigger remember after update on bundles for each row execute function remember_bundle();

create function remember_release() returns trigger language plpgsql as $$
begin
  perform note_release_history(c.app_id, 'channel', c.id::text, channel_facts(c))
  from channels c where c.app_id = new.app_id and c.id = new.channel_id;
  return null;
end $$;
create trigger remember after insert or update on releases for each row execute function remember_release();

create function remember_app() returns trigger language plpgsql as $$
begin
  perform note_release_history(new.app_id, 'app', '', app_facts(new.app_id));
  return null;
end $$;
create trigger remember after insert on apps for each row execute function remember_app();

create function remember_former_default() returns trigger language plpgsql as $$
declare
  of_app text := case when tg_op = 'DELETE' then old.app_id else new.app_id end;
begin
  if exists (select from apps where app_id = of_app) then
    perform note_release_history(of_app, 'app', '', app_facts(of_app));
  end if;
  return null;
end $$;
create trigger remember after insert or delete on former_defaults for each row execute function remember_former_default();

-- By statement: an app may have a hundred thousand. Who only renews one changes nothing.
create function remember_overrides() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into release_history (app_id, kind, key, facts)
    select app_id, 'override', device_id, to_jsonb(channel_id) from touched;
  elsif tg_op = 'UPDATE' then
    insert into release_history (app_id, kind, key, facts)
    select n.app_id, 'override', n.device_id, to_jsonb(n.channel_id) from touched n
    join replaced o on o.app_id = n.app_id and o.device_id = n.device_id where o.channel_id <> n.channel_id;
  else
    insert into release_history (app_id, kind, key, facts)
    select g.app_id, 'override', g.device_id, null from touched g where exists (select from apps a where a.app_id = g.app_id);
  end if;
  return null;
end $$;
create trigger remember_inserted after insert on channel_devices
  referencing new table as touched for each statement execute function remember_overrides();
create trigger remember_updated after update on channel_devices
  referencing old table as replaced new table as touched for each statement execute function remember_overrides();
create trigger remember_deleted after delete on channel_devices
  referencing old table as touched for each statement execute function remember_overrides();

-- What a foreign key would do: it would lock the app's row for each override.
create function sweep_release_history() returns trigger language plpgsql as $$
begin
  delete from release_history where app_id in (select app_id from gone);
  return null;
end $$;
create trigger sweep_history after delete on apps
  referencing old table as gone for each statement execute function sweep_release_history();

insert into release_history (app_id, kind, key, facts) select app_id, 'app', '', app_facts(app_id) from apps;
insert into release_history (app_id, kind, key, facts) select app_id, 'channel', id::text, channel_facts(c) from channels c;
insert into release_history (app_id, kind, key, facts)
select app_id, 'override', device_id, to_jsonb(channel_id) from channel_devices;

-- ── Withheld where it fails ─────────────────────────────────────────────────────────────────────────────────────────────

-- From which network a failure was reported, as a keyed hash: one network cannot speak for many devices. Null: not a failure.
alter table stats_events add column network integer;

-- Where a device stands in the evidence: platform and native build, platform and OS version, when it was counted first.
alter table release_devices add column native text, add column os text, add column network integer;
create index release_devices_failed on release_devices (release_id) where opening_failed or starting_failed;

-- Devices of one native build, or one OS version, on which the bundle of a release opened and started.
create table release_places (
  release_id bigint not null references releases (id) on delete cascade,
  scope text not null check (scope in ('native', 'os')),
  place text not null,
  opening_passed bigint not null default 0,
  starting_passed bigint not null default 0,
  primary key (release_id, scope, place)
);

-- A bundle that is offered to nobody on a native build or an OS version. Once somebody lifted it, it stays lifted.
create table withheld_bundles (
  id bigint generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  bundle_id integer not null references bundles (id) on delete cascade,
  bundle_name text not null,
  -- Whose devices it failed on.
  release_id bigint not null,
  channel_name text not null,
  scope text not null check (scope in ('native', 'os')),
  platform text not null,
  version text not null,
  failed integer not null,
  passed integer not null,
  e double precision not null,
  withheld_at timestamptz not null default now(),
  lifted_at timestamptz,
  lifted_by text,
  unique (app_id, bundle_id, scope, platform, version)
);
create trigger announce after insert or update or delete on withheld_bundles
  for each row execute function announce_release_change();

alter table channels add column withhold_failing boolean not null default true;

-- ── Downloads beside those of other bundles, and numbers that are polled ────────────────────────────────────────────────

alter table release_guards
  -- Minutes before this are counted.
  add column network_read_until timestamptz,
  -- Natural logarithms, one for each hypothesis; empty: nothing was counted.
  add column network_evidence double precision[] not null default '{}',
  add column held_at timestamptz,
  add column held_reason text;

-- Addresses that answer a number about what a channel serves.
create table polled_numbers (
  id bigint generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  channel_id integer not null references channels (id) on delete cascade,
  name text not null,
  url text not null,
  -- What follows the `?` may be a secret.
  query_sealed text,
  bound double precision not null,
  worse text not null check (worse in ('above', 'below')),
  interval_seconds integer not null check (interval_seconds between 60 and 86400),
  created_at timestamptz not null default now(),
  -- Before it nobody asks; a worker that asks moves it ahead.
  next_poll_at timestamptz not null default now(),
  polled_at timestamptz,
  value double precision,
  -- Why the last answer was none, and since when.
  failure text,
  failing_since timestamptz,
  unique (channel_id, name)
);
create index polled_numbers_due on polled_numbers (next_poll_at);
create index polled_numbers_by_app on polled_numbers (app_id);
