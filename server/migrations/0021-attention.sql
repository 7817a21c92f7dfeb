-- What needs somebody: how often devices ask, what was noticed, and who was told.

-- Questions of an app's devices by the hour, whatever they were answered. `slot` as in 0013.
create table checks_hourly (
  app_id text not null,
  hour timestamptz not null,
  slot smallint not null default 0,
  count bigint not null,
  primary key (app_id, hour, slot)
);
create index checks_hourly_by_hour on checks_hourly (hour);

-- What foreign keys would do; why there are none: 0013.
create function sweep_checks() returns trigger language plpgsql as $$
begin
  delete from checks_hourly where app_id in (select app_id from gone);
  return null;
end $$;
create trigger sweep_checks after delete on apps
  referencing old table as gone for each statement execute function sweep_checks();

-- A matter from its beginning to its end. The same matter that comes back later is another row.
create table attention_matters (
  id bigint generated always as identity primary key,
  matter_id text not null,
  kind text not null,
  -- Of the app; of the server's owner where it is about the server.
  org_id uuid not null references orgs (id) on delete cascade,
  app_id text,
  -- As it was last shown: what is told when it is over.
  shown jsonb not null,
  began_at timestamptz not null default now(),
  -- Since when it has not been found any more. It is over when it stays away.
  missing_since timestamptz,
  over_at timestamptz,
  -- Somebody knows, and needs not be told again.
  acknowledged_at timestamptz,
  acknowledged_by text
);
create unique index attention_matters_under_way on attention_matters (matter_id) where over_at is null;
create index attention_matters_over on attention_matters (over_at) where over_at is not null;

-- Mails about matters that began or ended: written in the transaction that notes it, one for all that one look found. The id is the
-- Message-ID.
create table alert_mails (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references orgs (id) on delete cascade,
  recipient text not null,
  subject text not null,
  body text not null,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  attempts integer not null default 0,
  -- Before it nobody tries; a worker that tries moves it ahead.
  next_attempt_at timestamptz not null default now(),
  failure text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index alert_mails_pending on alert_mails (next_attempt_at) where status = 'pending';

-- What each process alone can see of itself and its machine: its disk, whether it hears of changes.
create table server_processes (
  id uuid primary key,
  host text not null,
  report jsonb not null,
  started_at timestamptz not null default now(),
  reported_at timestamptz not null default now()
);

-- How many of a hundred updates are to succeed, over seven days, in hundredths of a percent; 0: nobody looks.
alter table channels add column update_slo_bps integer not null default 9900 check (update_slo_bps between 0 and 9999);
