-- Uploads on their way, and what keeps stored bytes from being removed while someone relies on them.

-- When someone last uploaded these bytes or was told that they are here. Within a day of that they are not removed.
alter table stored_objects add column used_at timestamptz not null default now();
create index stored_objects_by_use on stored_objects (used_at);

-- A resumable upload. What was received lies in the blob store in parts, so any server process can go on with it.
create table uploads (
  id uuid primary key,
  app_uuid uuid not null references apps (id) on delete cascade,
  kind text not null check (kind in ('zip', 'encrypted', 'file')),
  sha256 text not null,
  size bigint not null,
  received bigint not null default 0 check (received between 0 and size),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index uploads_by_age on uploads (updated_at);

create table upload_parts (
  upload_id uuid not null references uploads (id) on delete cascade,
  first_byte bigint not null,
  blob_key text not null unique,
  primary key (upload_id, first_byte)
);
