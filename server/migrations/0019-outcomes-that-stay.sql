-- What was wrong with the outcomes of 0013: keys that serve nobody, and offers of before that nobody can judge.

-- Deleting an app, and the nightly walk, find its devices by the key. Within an app a device is found as before.
alter table device_outcomes drop constraint device_outcomes_pkey, add primary key (app_id, device_id, bundle_name);

-- What processes counted side by side and nobody folded yet.
create index outcome_counts_unfolded on outcome_counts (at) where slot <> 0;

-- 0013 took over every offer of the last 90 days as one that is waited for, and a device of which nothing was heard for a day fell
-- silent within minutes: what it did before that day was not written down. Offers of the last day are waited for rightly. The others
-- stay known, so that who reports next is known to have been offered the bundle, but they count nowhere: word 10, replaced. Only 0013
-- wrote offers without a channel.
create temporary table offers_of_before on commit drop as
select o.app_id, o.device_id, o.bundle_name, o.platform, o.version_build, o.is_test, o.word, o.at,
  case o.word when 1 then o.at else coalesce(d.offered_at, d.updated_at) end as offered_at
from device_outcomes o left join devices d on d.app_id = o.app_id and d.device_id = o.device_id
where o.channel = '' and (o.word = 9 or o.word = 1 and o.at < now() - interval '1 day');

update device_outcomes o set word = 10, reached = 0
from offers_of_before b where o.app_id = b.app_id and o.device_id = b.device_id and o.bundle_name = b.bundle_name;

with moves as (
  select app_id, bundle_name, platform, version_build, is_test, 1 as word, offered_at as at, 1 as entered, 0 as gone, 1 as first
  from offers_of_before where offered_at is not null
  union all
  select app_id, bundle_name, platform, version_build, is_test, 1, at, 0, 1, 0 from offers_of_before
  where word = 9 and offered_at is not null
  union all
  select app_id, bundle_name, platform, version_build, is_test, 9, at, 1, 0, 0 from offers_of_before where word = 9
),
undone as (
  select app_id, grain, date_trunc(grain, at, 'UTC') as at, bundle_name, platform, version_build, is_test, word,
    sum(entered) as entered, sum(gone) as gone, sum(first) as first
  from moves, (values ('minute'), ('hour'), ('day')) as grains (grain)
  group by 1, 2, 3, 4, 5, 6, 7, 8
)
update outcome_counts c set entered = c.entered - u.entered, gone = c.gone - u.gone, first = c.first - u.first
from undone u
where c.app_id = u.app_id and c.grain = u.grain and c.at = u.at and c.bundle_name = u.bundle_name and c.channel = ''
  and c.platform = u.platform and c.version_build = u.version_build and c.is_test = u.is_test and c.word = u.word and c.code = ''
  and c.slot = 0;

delete from outcome_counts where channel = '' and word in (1, 9) and entered = 0 and gone = 0 and first = 0;

-- The other tables that a deleted app is cleared from, and that were walked from end to end for it.
create index deploy_history_by_app on deploy_history (app_id);
create index push_counts_by_app on push_counts (app_id);
create index push_failures_by_app on push_failures (app_id);
