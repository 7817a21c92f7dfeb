-- Push: apps take turns, one wrong credential pauses instead of retiring its audience, and an answer says who was left out.

-- A worker asks which apps wait, and takes of one of them the part that got least so far.
create index push_walks_by_turn on push_walks (app_id, batches, msg_id) where not done;

-- What each push service thinks of an app's present credential. `service` is the host of a browser's endpoint; for phones
-- it is what decides with the credential whether a token is accepted: the platform (FCM), the topic (APNs).
-- The rows go with a change of the credential: it deserves a new judgement.
create table push_services (
  app_id text not null,
  channel text not null,
  service text not null,
  -- When it first accepted a message; null: it never did.
  accepted_at timestamptz,
  -- Since when nothing is sent there; null: it is not paused.
  paused_at timestamptz,
  -- When it is tried again, unless the credential changes or the owner says so before.
  paused_until timestamptz,
  failure text,
  -- How many devices of the batch that began the pause were refused.
  refused_devices integer not null default 0,
  -- How often in a row it was paused: each time for longer.
  pauses integer not null default 0,
  updated_at timestamptz not null default now(),
  primary key (app_id, channel, service),
  foreign key (app_id, channel) references push_credentials (app_id, channel) on delete cascade
);
create index push_services_paused on push_services (app_id, channel) where paused_at is not null;

-- The other of Apple's two hosts, when that is the one that knows the phone's token.
alter table push_devices add column apns_other_host boolean not null default false;

-- Which platforms of a message's audience were left out, and why.
alter table push_messages add column skipped jsonb not null default '[]';
