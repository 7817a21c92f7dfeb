-- What a key opens in single places: a limit to channels, or bindings of roles to places instead of a mode.
alter table apikeys add column limited_to_channels integer[] not null default '{}';
-- Ids of deleted apps and channels stay in here and open nothing: no id is ever used again.
alter table apikeys add column bindings jsonb;
alter table apikeys alter column mode drop not null;
alter table apikeys add constraint apikeys_mode_or_bindings check ((mode is null) = (bindings is not null));

-- Who may put bundles on a channel beyond the right that every channel asks for. Null: nobody is kept out.
alter table channels add column protected_by text check (protected_by in ('write', 'admin', 'super_admin'));
-- Keys that may as well.
alter table channels add column protected_keys integer[] not null default '{}';
alter table channels add constraint channels_keys_need_protection
  check (protected_by is not null or cardinality(protected_keys) = 0);
