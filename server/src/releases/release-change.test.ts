import { expect, it } from 'vitest';
import { releaseChange } from './release-change.ts';

const PAUSED = new Date();
const row = (version: number | null, rollout_version: number | null = null, isPaused = false) => ({
  version,
  rollout_version,
  rollout_paused_at: isPaused ? PAUSED : null,
});
type Row = ReturnType<typeof row>;

it.each<[string, Row | undefined, Row, object | undefined]>([
  ['a new channel with a bundle', undefined, row(1), { kind: 'started', as: 'plain', bundle: 1, previous: null }],
  ['a new channel without one', undefined, row(null), undefined],
  ['another setting', row(1), row(1), undefined],
  ['another bundle', row(1), row(2), { kind: 'started', as: 'plain', bundle: 2, previous: 1 }],
  ['back to the bundle of the store', row(1), row(null), { kind: 'started', as: 'plain', bundle: null, previous: 1 }],
  ['a rollout begins', row(1), row(1, 2), { kind: 'started', as: 'rollout', bundle: 2, previous: 1 }],
  ['another rollout takes its place', row(1, 2), row(1, 3), { kind: 'started', as: 'rollout', bundle: 3, previous: 1 }],
  ['a rollout reaches everybody', row(1, 2), row(2), { kind: 'resumed', bundle: 2 }],
  ['a rollout is rolled back', row(1, 2), row(1), { kind: 'taken_back', bundle: 2 }],
  ['a rollout is paused', row(1, 2), row(1, 2, true), { kind: 'stopped', bundle: 2 }],
  ['a rollout goes on', row(1, 2, true), row(1, 2), { kind: 'resumed', bundle: 2 }],
  ['a plain release is stopped', row(2), row(1, 2, true), { kind: 'stopped', bundle: 2 }],
  ['it goes on', row(1, 2, true), row(2), { kind: 'resumed', bundle: 2 }],
  ['it is taken back', row(1, 2, true), row(1), { kind: 'taken_back', bundle: 2 }],
  ['it is followed by another', row(1, 2, true), row(3), { kind: 'started', as: 'plain', bundle: 3, previous: 1 }],
])('%s', (_, before, after, expected) => {
  expect(releaseChange(before, after)).toEqual(expected);
});
