-- Programs that wait for their owner's approval in a browser.
create table connect_requests (
  id uuid primary key default gen_random_uuid(),
  device_code_hash text not null unique,
  user_code_hash text not null unique,
  client_name text not null,
  client_ip text,
  mode text not null check (mode in ('read', 'upload', 'write', 'all')),
  limited_to_apps text[] not null default '{}',
  status text not null default 'pending' check (status in ('pending', 'approved', 'denied')),
  -- Until it is fetched. A key that was revoked before leaves nothing to fetch.
  apikey_id integer references apikeys (id) on delete cascade,
  secret_sealed text,
  interval_seconds integer not null,
  polled_at timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check ((status = 'approved') = (apikey_id is not null and secret_sealed is not null))
);
create index connect_requests_by_expiry on connect_requests (expires_at);
create index connect_requests_by_apikey on connect_requests (apikey_id);
