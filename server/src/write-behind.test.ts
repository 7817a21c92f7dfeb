// What is noted is written once, later, and never by two writes at a time.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WriteBehind } from './write-behind.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = (error: unknown) => {
  throw error;
};

test('the first note starts the pause, later ones do not lengthen it; a flush ends it', async () => {
  let pauseMs = 100;
  let writes = 0;
  const write = async () => {
    writes += 1;
  };
  const behind = new WriteBehind({ write, pauseMs: () => pauseMs, onError: never });
  behind.schedule();
  await vi.advanceTimersByTimeAsync(60);
  behind.schedule();
  expect(writes).toBe(0);
  await vi.advanceTimersByTimeAsync(40);
  expect(writes).toBe(1);
  pauseMs = 500;
  behind.schedule();
  await vi.advanceTimersByTimeAsync(499);
  expect(writes).toBe(1);
  await behind.flush();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(writes).toBe(2);
});

test('a write waits for the one before it, and one that fails is reported and stops nothing', async () => {
  const steps: string[] = [];
  const errors: unknown[] = [];
  let finish: (() => void) | undefined;
  const write = async () => {
    steps.push('begin');
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    steps.push('end');
    if (steps.length === 2) throw new Error('the first fails');
  };
  const behind = new WriteBehind({ write, pauseMs: () => 100, onError: (error) => void errors.push(error) });
  const first = behind.flush();
  const second = behind.flush();
  await vi.advanceTimersByTimeAsync(0);
  expect(steps).toEqual(['begin']);
  finish?.();
  await first;
  await vi.advanceTimersByTimeAsync(0);
  finish?.();
  await second;
  expect(steps).toEqual(['begin', 'end', 'begin', 'end']);
  expect(errors).toEqual([new Error('the first fails')]);
});
