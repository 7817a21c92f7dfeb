// Sequences of deeds: what the channel serves after them, and what the record says of it. A release is written `bundle kind state`.

import { expect, it } from 'vitest';
import { ChannelLife } from './testing/channel-life.ts';

const [A, B, C, D] = [1, 2, 3, 4];

interface Row {
  readonly title: string;
  readonly deeds: (life: ChannelLife) => unknown;
  readonly stable: number | null;
  readonly target?: number;
  /** Newest first. */
  readonly record: readonly string[];
}

/** A, then B. */
const two = (life: ChannelLife) => [life.put(A), life.put(B)];

const rows: Row[] = [
  {
    title: 'the next bundle keeps the one before it',
    deeds: two,
    stable: B,
    record: ['2 plain running', '1 plain kept'],
  },
  {
    title: 'a rollback takes back, and returns to what was kept',
    deeds: (life) => [two(life), life.rollBack()],
    stable: A,
    record: ['1 rollback running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: 'who puts the bundle of before on by its name takes back as well',
    deeds: (life) => [two(life), life.put(A)],
    stable: A,
    record: ['1 rollback running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '1: a bundle that was taken back and is put on by its name is a release of its own',
    deeds: (life) => [two(life), life.rollBack(), life.put(B)],
    stable: B,
    record: ['2 plain running', '1 rollback kept', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '1: and from there the way back is the release before it',
    deeds: (life) => [two(life), life.rollBack(), life.put(B), life.rollBack()],
    stable: A,
    record: ['1 rollback running', '2 plain taken_back', '1 rollback kept', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '2: the stable bundle is taken back, and the rollout beside it goes on',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B, 'take_back')],
    stable: A,
    target: C,
    record: ['1 rollback running', '2 plain taken_back', '3 rollout running', '1 plain kept'],
  },
  {
    title: '2: the same by a person who names the release',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B, 'tell'), life.takeBack(B)],
    stable: A,
    target: C,
    record: ['1 rollback running', '2 plain taken_back', '3 rollout running', '1 plain kept'],
  },
  {
    title: '2: stopped beside a rollout, it stays with who runs it, and its predecessor is under way again',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B)],
    stable: A,
    target: C,
    record: ['2 plain stopped', '3 rollout running', '1 plain running'],
  },
  {
    title: '2: the next bundle ends what was stopped beside a rollout',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B), life.put(D)],
    stable: D,
    target: C,
    record: ['4 plain running', '2 plain replaced', '3 rollout running', '1 plain kept'],
  },
  {
    title: '2: it is taken back by a person, which moves nothing else',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B), life.takeBack(B)],
    stable: A,
    target: C,
    record: ['2 plain taken_back', '3 rollout running', '1 plain running'],
  },
  {
    title: '2: it is kept by a person, and serves everybody again',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B), life.keep(B)],
    stable: B,
    target: C,
    record: ['2 plain running', '3 rollout running', '1 plain kept'],
  },
  {
    title: '3: a rollout to a share is nothing to return to',
    deeds: (life) => [
      life.put(A),
      life.start(C),
      life.put(B),
      life.endRollout(),
      life.start(D),
      life.rollBack(),
      life.rollBack(),
    ],
    stable: A,
    record: [
      '1 rollback running',
      '4 rollout taken_back',
      '2 plain taken_back',
      '3 rollout taken_back',
      '1 plain kept',
    ],
  },
  {
    title: '3: neither is one that another rollout took the place of',
    deeds: (life) => [life.put(A), life.start(B), life.start(C), life.promote(), life.proveBad(C)],
    stable: A,
    target: C,
    record: ['3 rollout stopped', '2 rollout replaced', '1 plain running'],
  },
  {
    title: '3: or one instead of which another bundle was promoted',
    deeds: (life) => [life.put(A), life.start(B), life.write({ stable: C, target: null }), life.proveBad(C)],
    stable: A,
    target: C,
    record: ['3 plain stopped', '2 rollout replaced', '1 plain running'],
  },
  {
    title: 'a rollout that had reached everybody is kept',
    deeds: (life) => [life.put(A), life.start(B), life.raise(), life.write({ stable: C, target: null })],
    stable: C,
    record: ['3 plain running', '2 rollout kept', '1 plain kept'],
  },
  {
    title: '4: without the bundle to return to, the release is stopped and nobody is moved',
    deeds: (life) => [two(life), life.put(C), life.deleteBundle(B), life.proveBad(C)],
    stable: null,
    target: C,
    record: ['3 plain stopped', '2 plain kept', '1 plain kept'],
  },
  {
    title: '4: also where the guard was to take it back',
    deeds: (life) => [two(life), life.deleteBundle(A), life.proveBad(B, 'take_back')],
    stable: null,
    target: B,
    record: ['2 plain stopped', '1 plain kept'],
  },
  {
    title: '4: the clean-up spares what the channel returns to',
    deeds: (life) => [two(life), life.put(C), life.cleanUp(), life.proveBad(C)],
    stable: B,
    target: C,
    record: ['3 plain stopped', '2 plain running', '1 plain kept'],
  },
  {
    title: '4: a person returns past a bundle that is gone, and never to the store past one',
    deeds: (life) => [two(life), life.deleteBundle(A), life.rollBack()],
    stable: B,
    record: ['2 plain running', '1 plain kept'],
  },
  {
    title: 'the first release is stopped, never taken back to the store by the guard',
    deeds: (life) => [life.put(A), life.proveBad(A, 'take_back')],
    stable: null,
    target: A,
    record: ['1 plain stopped'],
  },
  {
    title: 'a person takes it back to the store',
    deeds: (life) => [life.put(A), life.rollBack()],
    stable: null,
    record: ['builtin rollback running', '1 plain taken_back'],
  },
  {
    title: '5: a rollout does not end the stable release, however it ends',
    deeds: (life) => [life.put(A), life.start(B), life.rollBack()],
    stable: A,
    record: ['2 rollout taken_back', '1 plain running'],
  },
  {
    title: '5: which can be proven bad beside it',
    deeds: (life) => [two(life), life.start(C), life.proveBad(B, 'take_back')],
    stable: A,
    target: C,
    record: ['1 rollback running', '3 rollout running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '5: both are',
    deeds: (life) => [two(life), life.start(C), life.proveBad(C), life.proveBad(B)],
    stable: A,
    target: C,
    record: ['3 rollout stopped', '2 plain stopped', '1 plain running'],
  },
  {
    title: '6: rollbacks do not come round again',
    deeds: (life) => [two(life), life.start(C), life.rollBack(), life.rollBack(), life.rollBack()],
    stable: null,
    record: [
      'builtin rollback running',
      '1 rollback taken_back',
      '3 rollout taken_back',
      '2 plain taken_back',
      '1 plain kept',
    ],
  },
  {
    title: 'a stopped bundle that is rolled out by its name is judged anew',
    deeds: (life) => [life.put(A), life.start(C), life.put(B), life.proveBad(B), life.start(B)],
    stable: A,
    target: B,
    record: ['2 rollout running', '2 plain replaced', '3 rollout replaced', '1 plain running'],
  },
  {
    title: 'a return leaves alone what was stopped beside a rollout',
    deeds: (life) => [two(life), life.start(C), life.put(D), life.proveBad(D), life.put(A)],
    stable: A,
    target: C,
    record: ['1 rollback running', '4 plain stopped', '3 rollout running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: 'a rollout of the stable bundle goes with it',
    deeds: (life) => [two(life), life.write({ target: B }), life.proveBad(B, 'take_back')],
    stable: A,
    record: ['1 rollback running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '9: the next bundle ends a rollout that the guard stopped, at any share',
    deeds: (life) => [life.put(A), life.start(B), life.proveBad(B), life.put(C)],
    stable: C,
    record: ['3 plain running', '2 rollout replaced', '1 plain kept'],
  },
  {
    title: 'but not one that a person paused',
    deeds: (life) => [life.put(A), life.start(B), life.pause(), life.put(C)],
    stable: C,
    target: B,
    record: ['3 plain running', '2 rollout stopped', '1 plain kept'],
  },
  {
    title: '11: what was proven bad is never kept, whatever the guard was told to do',
    deeds: (life) => [two(life), life.proveBad(B, 'tell'), life.put(C), life.rollBack()],
    stable: A,
    record: ['1 rollback running', '3 plain taken_back', '2 plain replaced', '1 plain kept'],
  },
  {
    title: 'put on by its name, it is judged, and the release between was not wrong',
    deeds: (life) => [two(life), life.proveBad(B, 'tell'), life.put(C), life.put(B)],
    stable: B,
    record: ['2 plain running', '3 plain kept', '2 plain replaced', '1 plain kept'],
  },
  {
    title: '6: a return marks what it leaves, also where that is over',
    deeds: (life) => {
      two(life);
      life.history = life.history.map((each) => ({ ...each, state: 'kept' }));
      life.rollBack();
    },
    stable: A,
    record: ['1 rollback running', '2 plain taken_back', '1 plain kept'],
  },
  {
    title: '11: unless a person keeps it',
    deeds: (life) => [two(life), life.proveBad(B, 'tell'), life.keep(B), life.put(C), life.rollBack()],
    stable: B,
    record: ['2 rollback running', '3 plain taken_back', '2 plain kept', '1 plain kept'],
  },
  {
    title: '12: a channel that is deleted has nothing under way',
    deeds: (life) => [two(life), life.start(C), life.deleteChannel()],
    stable: B,
    target: C,
    record: ['3 rollout replaced', '2 plain replaced', '1 plain kept'],
  },
  {
    title: '13: what was stopped is taken back when the guard is told to',
    deeds: (life) => [two(life), life.proveBad(B), life.proveBad(B, 'take_back')],
    stable: A,
    record: ['2 plain taken_back', '1 plain running'],
  },
  {
    title: '15: a stable bundle and a rollout in one request are two releases',
    deeds: (life) => [life.put(A), life.write({ stable: B, target: C })],
    stable: B,
    target: C,
    record: ['3 rollout running', '2 plain running', '1 plain kept'],
  },
  {
    title: 'a rollout goes on with its share',
    deeds: (life) => [life.put(A), life.start(B), life.proveBad(B), life.keep(B)],
    stable: A,
    target: B,
    record: ['2 rollout running', '1 plain running'],
  },
  {
    title: 'one that was promoted goes on with everybody',
    deeds: (life) => [life.put(A), life.start(B), life.promote(), life.proveBad(B), life.keep(B)],
    stable: B,
    record: ['2 rollout running', '1 plain kept'],
  },
  {
    title: 'a stopped bundle that is put on by its name is judged anew',
    deeds: (life) => [two(life), life.proveBad(B), life.put(B)],
    stable: B,
    record: ['2 plain running', '2 plain replaced', '1 plain kept'],
  },
  {
    title: 'a bundle that failed is not what an older release of it was',
    deeds: (life) => [two(life), life.put(C), life.put(B), life.proveBad(B), life.put(D), life.rollBack()],
    stable: A,
    record: [
      '1 rollback running',
      '4 plain taken_back',
      '2 rollback replaced',
      '3 plain taken_back',
      '2 plain kept',
      '1 plain kept',
    ],
  },
  {
    title: 'no bundle, and back',
    deeds: (life) => [life.put(A), life.put(null), life.rollBack()],
    stable: null,
    record: ['builtin rollback running', '1 plain taken_back'],
  },
];

it.each(rows)('$title', ({ deeds, stable, target = null, record }) => {
  const life = new ChannelLife();
  deeds(life);
  expect({ stable: life.serving.stable, target: life.serving.target, record: life.shown() }).toEqual({
    stable,
    target,
    record,
  });
});
