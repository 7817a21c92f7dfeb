-- How releases are to reach all devices of their channel, step by step, and how far each came. The rules of a step are in
-- protocol/src/rollouts/ramp.ts, what ends a plan is in server/src/releases/plan-life.ts.

create table release_plans (
  id bigint generated always as identity primary key,
  release_id bigint not null references releases (id) on delete cascade,
  -- Of the plan's form: a server leaves alone what a newer one wrote.
  format smallint not null,
  plan jsonb not null,
  -- Under way: running, or paused by a person. All others are over.
  state text not null check (state in ('running', 'paused', 'finished', 'stopped', 'taken_back', 'superseded')),
  -- Index into the plan's steps, from 0.
  step integer not null,
  step_entered_at timestamptz not null,
  -- How long the step has lasted under the eyes of a server, and when one looked last.
  held_ms bigint not null default 0,
  looked_at timestamptz not null,
  -- Since when a person is asked, and what.
  asked_at timestamptz,
  question text,
  -- Why it ended, or who paused it.
  reason text,
  -- Devices of the channel that asked within four weeks, counted no further than it matters.
  fleet_devices integer,
  fleet_counted_at timestamptz,
  -- Devices that a step added and that are still to be woken: the id of the rollout, and their places in it.
  wake jsonb,
  started_at timestamptz not null,
  ended_at timestamptz,
  check ((ended_at is null) = (state in ('running', 'paused')))
);
create unique index release_plans_one_under_way on release_plans (release_id) where ended_at is null;
create index release_plans_by_release on release_plans (release_id, id desc);
create index release_plans_to_wake on release_plans (id) where wake is not null;

create table plan_moves (
  id bigint generated always as identity primary key,
  plan_id bigint not null references release_plans (id) on delete cascade,
  at timestamptz not null,
  move text not null,
  step integer not null,
  share double precision not null,
  -- A person or a key by its name; null: the server.
  by text,
  reason text
);
create index plan_moves_by_plan on plan_moves (plan_id, id);
