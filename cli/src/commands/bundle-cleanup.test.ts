import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import type { Release, ReleaseState } from '@overair/protocol/manage/release';
import { expect, test } from 'vitest';
import { findSurplus } from './bundle-cleanup.ts';

/** As far as the clean-up reads them. */
const bundles = [1, 2, 3, 4, 5].map(
  (id) => ({ id, name: `1.0.${id}`, created_at: new Date(id * 1000).toISOString() }) as Bundle,
);
const channels = [{ name: 'production', version: { id: 5, name: '1.0.5' }, rollout_version: null } as Channel];
const release = (id: number, state: ReleaseState, channel = 'production') =>
  ({
    channel,
    bundle: `1.0.${id}`,
    state,
    ended_at: state === 'running' || state === 'stopped' ? null : 'then',
  }) as Release;
const surplus = (releases: Release[], keep = 1) =>
  findSurplus({ bundles, channels, releases }, keep).map(({ id }) => id);

test.each<[string, Release[], number[]]>([
  ['the release kept last', [release(5, 'running'), release(3, 'kept'), release(2, 'kept')], [4, 2, 1]],
  [
    'not one that was taken back since',
    [release(5, 'running'), release(4, 'taken_back'), release(4, 'kept'), release(1, 'kept')],
    [4, 3, 2],
  ],
  ['what is stopped beside a rollout', [release(2, 'stopped'), release(5, 'running')], [4, 3, 1]],
  ['nothing of a channel that is gone', [release(5, 'running'), release(4, 'kept', 'beta')], [4, 3, 2, 1]],
])('spares what a channel serves, and %s', (_, releases, expected) => {
  expect(surplus(releases)).toEqual(expected);
});

test('spares the newest', () => {
  expect(surplus([release(5, 'running')], 3)).toEqual([2, 1]);
});
