-- What became of waking the devices of a plan's last step.
alter table release_plans add column woken jsonb;

-- Times in which nothing new is released: on a channel, or in a whole organization.
create table freezes (
  id bigint generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  -- Null, as the channel: of the whole organization.
  app_id text references apps (app_id) on delete cascade,
  channel_id integer references channels (id) on delete cascade,
  name text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text,
  created_at timestamptz not null default now(),
  -- A person or a key by its name.
  created_by text,
  check (starts_at < ends_at),
  check ((app_id is null) = (channel_id is null))
);
create index freezes_by_org on freezes (org_id, ends_at);
create index freezes_by_channel on freezes (channel_id);
create index freezes_by_app on freezes (app_id);

-- What offers devices something new on the channel takes a second person.
alter table channels add column needs_approval boolean not null default false;

-- Changes that wait for a second person. They grant nothing: who approves makes the change by their own right.
create table approvals (
  id bigint generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  app_id text not null references apps (app_id) on delete cascade,
  call text not null,
  input jsonb not null,
  note text,
  -- What the touched channels served when it was asked for, by name, what they shall serve, and who would move.
  reviewed jsonb not null,
  wanted jsonb not null,
  rehearsal jsonb not null,
  -- The human, whichever key they used; the key, if one.
  requested_by uuid not null,
  requested_by_name text not null,
  requested_by_key integer,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- One that is over by its time stays waiting.
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'refused', 'withdrawn')),
  answered_by uuid,
  answered_by_name text,
  answered_at timestamptz,
  answer_note text,
  check ((state = 'waiting') = (answered_at is null))
);
create index approvals_by_app on approvals (app_id, id desc);
create index approvals_waiting on approvals (app_id) where state = 'waiting';
