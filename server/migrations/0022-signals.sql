-- Numbers from outside about releases: the last one of each name.
create table release_signals (
  release_id bigint not null references releases (id) on delete cascade,
  name text not null,
  value double precision not null,
  bound double precision not null,
  -- Where it is bad: beyond the bound, on this side.
  worse text not null check (worse in ('above', 'below')),
  is_breached boolean not null,
  sent_at timestamptz not null default now(),
  primary key (release_id, name)
);
