-- When a key was last used, give or take a minute, and from which address: what nobody uses can go.
alter table apikeys add column last_used_at timestamptz;
alter table apikeys add column last_used_ip text;

-- The language a person chose for the console, as a BCP 47 tag. Null: as the browser says.
alter table users add column language text;
