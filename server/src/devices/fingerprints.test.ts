// A million devices in a table of bounded size.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fingerprints } from './fingerprints.ts';

const keyOf = (n: number): string[] => [
  'com.demo.app',
  `${n.toString(16).padStart(8, '0')}-eefe-490a-9c60-8e965132ae51`,
];

test('a million devices: no change is overlooked, hardly any device is forgotten, and memory stays small', () => {
  const prints = new Fingerprints();
  const count = 1_000_000;
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < count; n++) prints.put(keyOf(n), ['before']);
  // The last growth leaves its old arrays to the garbage collector.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  let overlooked = 0;
  let forgotten = 0;
  for (let n = 0; n < count; n++) {
    if (prints.has(keyOf(n), [n % 2 === 0 ? 'after' : 'between'])) overlooked++;
    if (n % 10 === 0 && !prints.has(keyOf(n), ['before'])) forgotten++;
  }
  expect(overlooked).toBe(0);
  expect(forgotten / (count / 10)).toBeLessThan(0.01);
}, 60_000);

test('devices that were never put are not known', () => {
  const prints = new Fingerprints();
  for (let n = 0; n < 50_000; n++) prints.put(keyOf(n), ['same']);
  for (let n = 50_000; n < 150_000; n++) {
    if (prints.has(keyOf(n), ['same'])) expect.fail(`device ${n} was never put`);
  }
}, 30_000);

test('facts are told apart by their parts, not by their joined text', () => {
  const prints = new Fingerprints();
  prints.put(keyOf(1), ['ab', 'c', null]);
  for (const other of [
    ['a', 'bc', null],
    ['abc', null],
    ['ab', 'c', ''],
    ['ab', 'c', 'null'],
    ['ab', 'c', false],
  ]) {
    expect(prints.has(keyOf(1), other)).toBe(false);
  }
  expect(prints.has(keyOf(1), ['ab', 'c', null])).toBe(true);
});

test('for few devices it is a map', () => {
  const step = fc.record({ n: fc.integer({ min: 0, max: 20 }), facts: fc.string(), forget: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const prints = new Fingerprints();
      const map = new Map<number, string>();
      for (const { n, facts, forget } of steps) {
        if (forget) prints.forget(keyOf(n));
        else prints.put(keyOf(n), [facts]);
        if (forget) map.delete(n);
        else map.set(n, facts);
        for (const [known, value] of map) expect(prints.has(keyOf(known), [value])).toBe(true);
        if (forget) expect(prints.has(keyOf(n), [facts])).toBe(false);
      }
    }),
    { seed: 5, numRuns: 200 },
  );
});
