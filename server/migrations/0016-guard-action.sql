-- What the guard of a channel's releases does when a bundle is proven bad.
alter table channels add column guard_action text not null default 'stop'
  check (guard_action in ('stop', 'take_back', 'tell', 'off'));
