-- What devices keep when the owner's plans change: names of channels, and keys.

-- Names that once led to the public default of a platform. Newer plugins keep the name that they were told and ask for it for
-- ever: it outlives the channel's being the default, its name, and the channel.
create table former_defaults (
  app_id text not null references apps (app_id) on delete cascade,
  name text not null,
  platform text not null check (platform in ('ios', 'android', 'electron')),
  primary key (app_id, name, platform)
);

create function keep_former_default() returns trigger language plpgsql as $$
declare
  stays boolean := tg_op = 'UPDATE' and new.public and new.name = old.name;
begin
  -- An app that is being deleted takes its channels along: then there is nobody left to remember for.
  insert into former_defaults (app_id, name, platform)
  select app_id, old.name, lost.platform
  from apps,
    (values ('ios', old.ios, new.ios), ('android', old.android, new.android), ('electron', old.electron, new.electron))
      as lost (platform, had, has)
  where app_id = old.app_id and old.public and lost.had and not (stays and lost.has)
  on conflict do nothing;
  return null;
end $$;
create trigger keep_former_default after update of name, public, ios, android, electron or delete on channels
  for each row execute function keep_former_default();

-- Who opens a channel for devices to choose means those that name it.
create function forget_former_default() returns trigger language plpgsql as $$
begin
  delete from former_defaults where app_id = new.app_id and name = new.name;
  return null;
end $$;
create trigger opened after insert on channels
  for each row when (new.allow_device_self_set and not new.public) execute function forget_former_default();
create trigger opened_later after update of allow_device_self_set on channels
  for each row when (new.allow_device_self_set and not old.allow_device_self_set and not new.public)
  execute function forget_former_default();

-- The key ('' for none) that a device held when it could not open the bundle: with that key it never will.
alter table device_failures add column unopened_with text;

create or replace function announce_failed_bundle() returns trigger language plpgsql as $$
begin
  perform pg_notify('overair_release', json_build_object(
    'app', new.app_id, 'device', new.device_id, 'failed', new.version_name, 'build', new.version_build,
    'failures', new.failures, 'unopened_with', new.unopened_with)::text);
  return null;
end $$;
drop trigger announce on device_failures;
create trigger announce after insert or update on device_failures
  for each row when (new.failures >= 2 or new.unopened_with is not null) execute function announce_failed_bundle();
