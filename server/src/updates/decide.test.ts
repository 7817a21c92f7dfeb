// What must hold for every app and every device, whatever they look like.

import { refusals } from '@overair/protocol/device/refusals';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checks } from './checks.ts';
import { decide } from './decide.ts';
import type { Decision, Step } from './decision.ts';
import type { AppState, Rollout } from './release-state.ts';
import { rolloutBucketOf } from './rollout.ts';
import { aBundle, aChannel, anyQuestion, anyState, aQuestion, aState } from './testing/arbitraries.ts';

const settings = { seed: 20_261_121, numRuns: 2_000 };
const rolloutId = '7b0e4a3c-53a2-4a1f-9d4e-0f6f0e0c2a11';
const otherRolloutId = '0d9f7c52-2f4e-4a55-8a44-5a6c2f6d9b10';

const deviceNumber = (n: number): string => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
const thousands = Array.from({ length: 4_000 }, (_, n) => deviceNumber(n));

const rollingOut = (change: Partial<Rollout> = {}): AppState => {
  const rollout = { bundle: aBundle({ id: 2, name: '1.0.1' }), id: rolloutId, enabled: true, paused: false };
  const percentageBps = change.percentageBps ?? 10_000;
  const channel = aChannel({ rollout: { ...rollout, ...change, percentageBps } });
  return aState({ channels: [channel], rollingOut: percentageBps > 0 });
};
const nameOf = (decision: Decision): string | undefined =>
  decision.kind === 'update' ? decision.bundle.name : undefined;
const getsRollout = (state: AppState, device_id: string): boolean =>
  nameOf(decide(state, aQuestion({ device_id }))) === '1.0.1';
const selected = (state: AppState): string[] => thousands.filter((device_id) => getsRollout(state, device_id));

describe('any app, any device', () => {
  test('there is a decision', () => {
    fc.assert(
      fc.property(fc.option(anyState, { nil: undefined, freq: 20 }), anyQuestion, (state, question) => {
        expect(['update', 'builtin', 'refusal']).toContain(decide(state, question).kind);
      }),
      settings,
    );
  });

  test('the same question gets the same decision', () => {
    fc.assert(
      fc.property(anyState, anyQuestion, (state, question) => {
        expect(decide(state, question)).toEqual(decide(state, question));
      }),
      settings,
    );
  });

  test('the trace tells what was decided: all passed before the last, and the last says why', () => {
    fc.assert(
      fc.property(anyState, anyQuestion, (state, question) => {
        const trace: Step[] = [];
        const decision = decide(state, question, trace);
        expect(decision).toEqual(decide(state, question));
        expect(trace.slice(0, -1).every(({ passed }) => passed)).toBe(true);
        const last = trace.at(-1);
        expect(last?.passed).toBe(decision.kind !== 'refusal');
        if (decision.kind === 'refusal') expect(last?.detail).toBe(decision.code);
        else expect(trace).toHaveLength(checks.length + 1);
      }),
      settings,
    );
  });

  test('no device is offered the bundle that it reports to run, nor one of another platform', () => {
    fc.assert(
      fc.property(anyState, anyQuestion, (state, question) => {
        const decision = decide(state, question);
        if (decision.kind !== 'update') return;
        expect(decision.bundle.name).not.toBe(question.version_name);
        expect(decision.channel[question.platform]).toBe(true);
      }),
      settings,
    );
  });

  test('every reason of the table is reached', () => {
    // The app is looked for before; the usual selection never leads to a private channel.
    const elsewhere = ['app_not_found', 'cannot_update_via_private_channel'];
    const reachable = Object.keys(refusals).filter((code) => !elsewhere.includes(code));
    const reached = new Set<string>();
    fc.assert(
      fc.property(anyState, anyQuestion, (state, question) => {
        const decision = decide(state, question);
        reached.add(decision.kind === 'refusal' ? decision.code : decision.kind);
      }),
      { ...settings, numRuns: 20_000 },
    );
    expect([...reached].sort()).toEqual([...reachable, 'builtin', 'update'].sort());
  });
});

describe('rollouts', () => {
  test('0 is nobody, 10000 is everybody', () => {
    expect(selected(rollingOut({ percentageBps: 0 }))).toEqual([]);
    expect(selected(rollingOut({ percentageBps: 10_000 }))).toEqual(thousands);
  });

  test('raising the percentage never takes the bundle from a device', () => {
    const bps = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(bps, bps, fc.uuid(), fc.uuid(), (a, b, id, device_id) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const had = getsRollout(rollingOut({ id, percentageBps: low }), device_id);
        if (had) expect(getsRollout(rollingOut({ id, percentageBps: high }), device_id)).toBe(true);
      }),
      settings,
    );
  });

  test('R8: from 2000 to 5000, who had it has it, and about half have it', () => {
    const before = selected(rollingOut({ percentageBps: 2_000 }));
    const after = new Set(selected(rollingOut({ percentageBps: 5_000 })));
    expect(before.every((each) => after.has(each))).toBe(true);
    expect(before.length / thousands.length).toBeGreaterThan(0.15);
    expect(after.size / thousands.length).toBeGreaterThan(0.45);
    expect(after.size / thousands.length).toBeLessThan(0.55);
  });

  test('R9: another rollout deals anew', () => {
    const first = new Set(selected(rollingOut({ percentageBps: 5_000 })));
    const second = selected(rollingOut({ percentageBps: 5_000, id: otherRolloutId }));
    const both = second.filter((each) => first.has(each)).length;
    expect(both / second.length).toBeGreaterThan(0.4);
    expect(both / second.length).toBeLessThan(0.6);
  });

  test('a device on the rollout keeps it while it is enabled and above 0', () => {
    for (const change of [{ percentageBps: 1 }, { paused: true }]) {
      const decision = decide(rollingOut(change), aQuestion({ version_name: '1.0.1' }));
      expect(decision).toMatchObject({ code: 'no_new_version_available' });
    }
  });

  test('buckets lie from 0 to 9999 and are the first four bytes of a SHA-256', () => {
    fc.assert(
      fc.property(fc.string(), fc.uuid(), (id, device) => {
        const bucket = rolloutBucketOf(id, device);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < 10_000).toBe(true);
      }),
      settings,
    );
    expect(rolloutBucketOf(rolloutId, deviceNumber(1))).toMatchInlineSnapshot(`4509`);
  });
});
