-- What became of waking the devices of a plan's last step.
alter table release_plans add column woken jsonb;
