-- Changes that were rehearsed and wait for their commit, and for a day those that were made: a repeated commit answers the same.
create table prepared_changes (
  id bigint generated always as identity primary key,
  -- SHA-256 of the token in hex: the token itself is shown once.
  token_hash text not null unique,
  app_id text not null references apps (app_id) on delete cascade,
  -- Key or person, and the keys that limited it.
  caller text not null,
  call text not null,
  input jsonb not null,
  -- What the touched channels served when it was rehearsed, by name.
  reviewed jsonb not null,
  wanted jsonb not null,
  expected_updated_at timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  committed_at timestamptz,
  -- SHA-256 in hex.
  idempotency_key_hash text,
  answer jsonb,
  check ((committed_at is null) = (idempotency_key_hash is null))
);
create unique index prepared_changes_once on prepared_changes (caller, idempotency_key_hash)
  where idempotency_key_hash is not null;
create index prepared_changes_by_end on prepared_changes (expires_at);
create index prepared_changes_by_app on prepared_changes (app_id);
