-- Which server secrets this database was used with, so that a changed one is noticed at the start. Fingerprints tell secrets
-- apart and nothing about them.
create table secret_fingerprints (
  fingerprint text primary key,
  first_used_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);
