-- What the record of releases has to know to say what is under way, what may be returned to and what the guard judges; and the repair
-- of the history that 0015 wrote. The rules are in server/src/releases/release-life.ts.

-- False: a return to an older bundle, and what channels served before there was a guard.
alter table releases add column is_judged boolean not null default true;
-- When it became the stable bundle of its channel; null: a rollout that did not.
alter table releases add column promoted_at timestamptz;
-- When the guard's evidence against it was complete, whatever the guard did then; null as well when a person kept it.
alter table releases add column proven_bad_at timestamptz;

-- 0015 could not know of releases under way: what it wrote is over, and nobody judged it.
update releases r set is_judged = false
where kind = 'rollback' or (ended_at is not null and not exists (select from release_guards g where g.release_id = r.id));

update releases set promoted_at = started_at where kind <> 'rollout';
update releases r set promoted_at = (
  select min(h.deployed_at) from deploy_history h
  where h.channel_id = r.channel_id and h.version_id = r.bundle_id and h.deployed_at >= r.started_at
    and h.deployed_at <= coalesce(r.ended_at, 'infinity'))
where kind = 'rollout';

update releases r set proven_bad_at = coalesce(g.acted_at, now())
from release_guards g where g.release_id = r.id and g.acted is not null and g.kept_at is null;

-- Kept is what reached everybody with nothing against it.
update releases set state = 'replaced'
where state = 'kept' and (proven_bad_at is not null or promoted_at is null);

-- A bundle that came between two releases of the same bundle was taken back: by its name, before returns were recorded.
update releases r set state = 'taken_back'
from (
  select id, bundle_id, lag(bundle_id) over before as earlier, lead(bundle_id) over before as later,
    lag(id) over before as earlier_id
  from releases where promoted_at is not null window before as (partition by channel_id order by id)
) beside
where r.id = beside.id and r.state = 'kept' and not r.is_judged and beside.earlier_id is not null
  and beside.earlier is not distinct from beside.later and beside.bundle_id is distinct from beside.earlier;

-- Only by its name does a bundle come back that was taken back: that was recorded as a return, and the release before it as taken back.
update releases r set state = 'kept'
from releases named
where named.kind = 'rollback' and r.state = 'taken_back'
  and r.id = (select max(l.id) from releases l where l.channel_id = named.channel_id and l.id < named.id)
  and 'taken_back' = (
    select l.state from releases l
    where l.channel_id = named.channel_id and l.bundle_id = named.bundle_id and l.id < named.id order by l.id desc limit 1);
update releases named set kind = 'plain', is_judged = ended_at is null
where kind = 'rollback' and 'taken_back' = (
  select l.state from releases l
  where l.channel_id = named.channel_id and l.bundle_id = named.bundle_id and l.id < named.id order by l.id desc limit 1);

-- What a return left was taken back, though it was over by then.
update releases r set state = 'taken_back'
from releases back
where back.kind = 'rollback' and r.state = 'kept' and r.id = (
  select max(l.id) from releases l
  where l.channel_id = back.channel_id and l.id < back.id and l.bundle_id is not distinct from back.previous_bundle_id);

-- Channels that are gone, and bundles that their channel does not serve any more.
update releases r set state = 'replaced', ended_at = now()
where ended_at is null and not exists (
  select from channels c where c.id = r.channel_id and c.app_id = r.app_id
    and (c.version is not distinct from r.bundle_id or c.rollout_version = r.bundle_id));

-- Of several releases of one bundle under way the newest is.
update releases r set state = 'replaced', ended_at = now()
where ended_at is null and exists (
  select from releases l where l.channel_id = r.channel_id and l.bundle_id is not distinct from r.bundle_id
    and l.ended_at is null and l.id > r.id);

-- What channels serve is under way: their stable bundles, …
-- What single devices said is forgotten after a day: who was counted would be counted again.
update releases r set state = 'running', ended_at = null, is_judged = is_judged and ended_at > now() - interval '1 day'
from channels c
where c.id = r.channel_id and c.app_id = r.app_id and r.bundle_id = c.version and r.state = 'kept'
  and r.id = (select max(l.id) from releases l where l.channel_id = c.id and l.bundle_id = c.version);
insert into releases (app_id, channel_id, channel_name, kind, bundle_id, bundle_name, previous_bundle_id, previous_bundle_name, state,
  is_judged, promoted_at, actor_type, notes, link, key_id)
select c.app_id, c.id, c.name, 'plain', b.id, b.name, p.bundle_id, coalesce(p.bundle_name, 'builtin'), 'running',
  false, now(), 'system', b.comment, b.link, b.key_id
from channels c
join bundles b on b.id = c.version and b.app_id = c.app_id
left join lateral (
  select l.bundle_id, l.bundle_name from releases l
  where l.channel_id = c.id and l.promoted_at is not null and l.bundle_id is distinct from c.version
  order by l.id desc limit 1) p on true
where not exists (select from releases l where l.channel_id = c.id and l.bundle_id = c.version and l.ended_at is null)
order by c.id;

-- … and the targets of rollouts that began before they were recorded, which are judged from now on.
insert into releases (app_id, channel_id, channel_name, kind, bundle_id, bundle_name, previous_bundle_id, previous_bundle_name, state,
  actor_type, notes, link, key_id)
select c.app_id, c.id, c.name, 'rollout', b.id, b.name, c.version, coalesce(s.name, 'builtin'),
  case when c.rollout_paused_at is null then 'running' else 'stopped' end, 'system', b.comment, b.link, b.key_id
from channels c
join bundles b on b.id = c.rollout_version and b.app_id = c.app_id
left join bundles s on s.id = c.version
where c.rollout_version is distinct from c.version and not exists (
  select from releases l where l.channel_id = c.id and l.bundle_id = c.rollout_version and l.ended_at is null)
order by c.id;

create unique index releases_one_under_way on releases (channel_id, bundle_id) where ended_at is null;
