-- The record of releases, and what the guard of each knows.

-- Each change of what a channel serves. The record outlives channels, bundles and keys, so it holds their names.
create table releases (
  id bigint generated always as identity primary key,
  app_id text not null references apps (app_id) on delete cascade,
  channel_id integer not null,
  channel_name text not null,
  -- plain: everybody at once. rollout: a share first. rollback: to what was served before.
  kind text not null check (kind in ('plain', 'rollout', 'rollback')),
  -- Null, and the name builtin: the bundle that came with the store.
  bundle_id integer,
  bundle_name text not null,
  previous_bundle_id integer,
  previous_bundle_name text not null,
  -- running: new devices are offered it. stopped: who runs it keeps it, nobody new is offered it. kept: followed by another without
  -- anything against it. replaced: followed by another while it was stopped. taken_back: its devices return to another bundle.
  state text not null default 'running' check (state in ('running', 'stopped', 'kept', 'replaced', 'taken_back')),
  actor_type text not null,
  actor_user_id uuid,
  actor_user_email text,
  actor_apikey_id integer,
  actor_apikey_name text,
  actor_ip text,
  notes text,
  link text,
  key_id text,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
create index releases_by_channel on releases (channel_id, id desc);
create index releases_by_app on releases (app_id, id desc);
create index releases_under_way on releases (app_id) where ended_at is null;

create table release_guards (
  release_id bigint primary key references releases (id) on delete cascade,
  -- Events that arrived before this are counted.
  read_until timestamptz not null,
  tolerance double precision not null,
  -- Devices of the app that were known before the release.
  known_devices integer not null,
  opening_passed bigint not null default 0,
  opening_failed bigint not null default 0,
  starting_passed bigint not null default 0,
  starting_failed bigint not null default 0,
  new_devices bigint not null default 0,
  held_back bigint not null default 0,
  acted text check (acted in ('stop', 'take_back', 'tell')),
  acted_at timestamptz,
  reason text,
  e double precision,
  kept_at timestamptz
);

-- How a device stands in the evidence about a release: false: passed, true: failed, null: not counted yet.
create table release_devices (
  release_id bigint not null references releases (id) on delete cascade,
  device_id text not null,
  opening_failed boolean,
  starting_failed boolean,
  is_held_back boolean not null default false,
  primary key (release_id, device_id)
);
create index release_devices_held_back on release_devices (release_id) where is_held_back;

-- What is known of before: the bundles that channels served, by when they came.
insert into releases (app_id, channel_id, channel_name, kind, bundle_id, bundle_name, previous_bundle_id, previous_bundle_name, state,
  actor_type, actor_user_id, notes, link, key_id, started_at, ended_at)
select h.app_id, h.channel_id, c.name, 'plain', h.version_id, b.name, h.previous_id, coalesce(p.name, 'builtin'), 'kept',
  'user', h.created_by, b.comment, b.link, b.key_id, h.deployed_at, coalesce(h.next_at, now())
from (
  select *, lag(version_id) over before as previous_id, lead(deployed_at) over before as next_at
  from deploy_history window before as (partition by channel_id order by id)
) h
join channels c on c.id = h.channel_id
join bundles b on b.id = h.version_id
left join bundles p on p.id = h.previous_id
order by h.id;
