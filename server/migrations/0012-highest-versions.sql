-- The newest version that an app ever had. Rows of deleted bundles are purged, but devices may still run them: a version
-- that the server chooses must be above every one of them.
create table highest_versions (
  app_id text primary key references apps (app_id) on delete cascade,
  version text not null
);
