// What holds after any sequence of deeds.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOver, wayBack } from './release-life.ts';
import { ChannelLife } from './testing/channel-life.ts';

interface Step {
  readonly name: string;
  /** Nobody names a bundle: a return, the guard, the clean-up. */
  readonly isAutomatic?: boolean;
  readonly isReturn?: boolean;
  readonly act: (life: ChannelLife) => unknown;
}

const bundle = fc.integer({ min: 1, max: 5 });
const served = fc.constantFrom('stable', 'target', 'stopped' as const);
const action = fc.constantFrom('stop', 'take_back', 'tell' as const);
const nothing = fc.constant(undefined);

const there = (life: ChannelLife, id: number) => !life.deleted.has(id);
const hasTarget = (life: ChannelLife) => life.serving.target !== null;

function underWayAt(life: ChannelLife, place: 'stable' | 'target' | 'stopped'): number | null {
  if (place !== 'stopped') return life.serving[place];
  return life.open().find(({ state }) => state === 'stopped')?.bundle ?? null;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  bundle.map((id) => ({ name: `put ${id}`, act: (life: ChannelLife) => there(life, id) && life.put(id) })),
  fc.tuple(bundle, bundle).map(([id, target]) => ({
    name: `put ${id} and start ${target}`,
    act: (life: ChannelLife) =>
      there(life, id) && there(life, target) && life.write({ stable: id, target, isPaused: false }),
  })),
  bundle.map((id) => ({
    name: `start ${id}`,
    act: (life: ChannelLife) => there(life, id) && life.serving.stable !== null && life.start(id),
  })),
  nothing.map(() => ({ name: 'put none', act: (life: ChannelLife) => life.put(null) })),
  nothing.map(() => ({ name: 'raise', act: (life: ChannelLife) => hasTarget(life) && life.raise() })),
  nothing.map(() => ({ name: 'pause', act: (life: ChannelLife) => hasTarget(life) && life.pause() })),
  nothing.map(() => ({ name: 'resume', act: (life: ChannelLife) => hasTarget(life) && life.resume() })),
  nothing.map(() => ({ name: 'promote', act: (life: ChannelLife) => hasTarget(life) && life.promote() })),
  nothing.map(() => ({ name: 'end the rollout', act: (life: ChannelLife) => life.endRollout() })),
  nothing.map(() => ({ name: 'roll back', isReturn: true, act: (life: ChannelLife) => life.rollBack() })),
  served.map((place) => ({
    name: `take back the ${place} one`,
    isReturn: true,
    act: (life: ChannelLife) => life.takeBack(underWayAt(life, place)),
  })),
  served.map((place) => ({
    name: `keep the ${place} one`,
    act: (life: ChannelLife) => {
      const id = underWayAt(life, place);
      return id !== null && there(life, id) && life.keep(id);
    },
  })),
  fc.tuple(served, action).map(([place, does]) => ({
    name: `the ${place} one is proven bad: ${does}`,
    isAutomatic: true,
    act: (life: ChannelLife) => {
      const id = underWayAt(life, place);
      return id !== null && life.proveBad(id, does);
    },
  })),
  nothing.map(() => ({ name: 'clean up', isAutomatic: true, act: (life: ChannelLife) => life.cleanUp() })),
  bundle.map((id) => ({ name: `delete ${id}`, act: (life: ChannelLife) => life.deleteBundle(id) })),
);

const sequence = fc.array(
  step.map((each) => ({ ...each, toString: () => each.name })),
  { maxLength: 25 },
);

/** Runs the deeds, and asks after each of them. */
function holds(ask: (before: ChannelLife, after: ChannelLife, step: Step) => void): void {
  fc.assert(
    fc.property(sequence, (steps) => {
      const life = new ChannelLife();
      for (const each of steps) {
        const before = Object.assign(new ChannelLife(), { history: life.history, serving: life.serving });
        each.act(life);
        ask(before, life, each);
      }
    }),
    { numRuns: 3000 },
  );
}

const newestOf = (life: ChannelLife, id: number | null) => life.history.find((each) => each.bundle === id);
const begunBy = (before: ChannelLife, after: ChannelLife) =>
  [after.serving.stable, after.serving.target].filter(
    (id) => id !== null && id !== before.serving.stable && id !== before.serving.target,
  );

describe('after any sequence of deeds', () => {
  test('what is served is what the record has under way, once', () => {
    holds((_, { serving, history, open }) => {
      const ids = open().map(({ bundle: id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of [serving.stable, serving.target]) if (id !== null) expect(ids).toContain(id);
      for (const { bundle: id, state } of history) {
        const isServed = id === serving.stable || id === serving.target;
        if (state === 'running') expect(isServed).toBe(true);
        if (id === serving.target && id !== serving.stable && !isOver(state)) {
          expect(state).toBe(serving.isPaused ? 'stopped' : 'running');
        }
      }
    });
  });

  test('what was taken back, stopped or proven bad is served again only by its name', () => {
    holds((before, after, { isAutomatic, isReturn }) => {
      if (!isAutomatic && !isReturn) return;
      for (const id of begunBy(before, after)) {
        expect(newestOf(before, id)).toMatchObject({ state: 'kept', isProvenBad: false, isBundleThere: true });
      }
    });
  });

  test('nothing that the guard or the clean-up does takes a device to the bundle of the store', () => {
    holds((before, { serving, open }, { isAutomatic }) => {
      if (!isAutomatic || before.serving.stable === null || serving.stable !== null) return;
      expect(open()).toContainEqual(expect.objectContaining({ state: 'stopped', isProvenBad: true }));
    });
  });

  test('the guard ends nothing but the release that it acts on', () => {
    holds((before, after, { isAutomatic, name }) => {
      if (!isAutomatic) return;
      const place = (['stable', 'target', 'stopped'] as const).find((each) => name.startsWith(`the ${each}`));
      const acted = place && underWayAt(before, place);
      for (const { id, bundle: of, state } of before.open()) {
        if (of !== acted) expect(after.history.find((each) => each.id === id)?.state).toBe(state);
      }
    });
  });

  test('kept is only what reached everybody with nothing against it', () => {
    holds((before, after) => {
      for (const each of after.history) {
        const was = before.history.find(({ id }) => id === each.id);
        if (each.state !== 'kept' || was === undefined || isOver(was.state)) continue;
        expect(was).toMatchObject({ state: 'running', isProvenBad: false });
        const reached = was.bundle === before.serving.stable || before.serving.isForEverybody;
        expect(reached).toBe(true);
      }
    });
  });

  test('the clean-up changes no way back', () => {
    holds(({ history, serving }, after, { name }) => {
      if (name !== 'clean up') return;
      expect(wayBack(after.history, serving.stable)?.bundle).toBe(wayBack(history, serving.stable)?.bundle);
    });
  });

  test('a channel that is deleted leaves nothing under way', () => {
    holds((_, { history }) => {
      const copy = Object.assign(new ChannelLife(), { history });
      copy.deleteChannel();
      expect(copy.open()).toEqual([]);
    });
  });
});
