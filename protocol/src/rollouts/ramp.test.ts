import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedPlans, type Plan } from '../manage/plan.ts';
import { NO_EVIDENCE } from './evidence.ts';
import { gateIsOpen } from './gate.ts';
import { parsePlan } from './parse-plan.ts';
import { advance, carryOut, look, nextMove, type RampFacts, type RampState, startRamp } from './ramp.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 27, 12);
const { careful } = namedPlans;

const seen = (passed: number, failed: number) => ({ ...NO_EVIDENCE, starting: { passed, failed } });
const facts: RampFacts = { evidence: seen(1000, 0), tolerance: 0.01, fleetDevices: 100_000, freezes: [], held: null };
const atStep = (step: number, hours: number): RampState => ({ ...startRamp(NOW_MS), step, heldMs: hours * HOUR_MS });
const moveOf = (plan: Plan, state: RampState, known: Partial<RampFacts> = {}) =>
  nextMove(plan, state, { ...facts, ...known }, NOW_MS);

describe('a ramp', () => {
  it('waits for the least time of a step, and says until when', () => {
    expect(moveOf(careful, atStep(0, 10))).toEqual({
      kind: 'wait',
      waitsFor: {
        code: 'time',
        sentence: 'the least time of this step: 14 h of 24 h are left',
        left_seconds: 14 * 3600,
        least_seconds: 24 * 3600,
      },
      untilMs: NOW_MS + 14 * HOUR_MS,
      asksAtMs: null,
    });
  });

  it('takes the step when its time is over and the evidence is there', () => {
    expect(moveOf(careful, atStep(1, 24))).toEqual({ kind: 'advance', step: 2, share: 20 });
  });

  it('waits for evidence, says how much of it is there, and when it will ask', () => {
    expect(moveOf(careful, atStep(1, 30), { evidence: seen(120, 1) })).toEqual({
      kind: 'wait',
      waitsFor: {
        code: 'evidence',
        sentence: 'evidence that fewer than 2 % of devices fail: 14 % of it is there, 1 of 121 failed',
        devices: 121,
        failed: 1,
        evidence: expect.closeTo(0.14, 1),
        devices_needed: 367,
      },
      untilMs: null,
      asksAtMs: NOW_MS + 42 * HOUR_MS,
    });
  });

  it('asks a person when patience is over, once, and goes on by itself if the evidence comes later', () => {
    const state = atStep(1, 72);
    const move = moveOf(careful, state, { evidence: seen(120, 1) });
    expect(move).toMatchObject({ kind: 'ask', question: expect.stringContaining('Go on from 5 %?') });
    const asking = carryOut(state, move);
    expect(moveOf(careful, asking, { evidence: seen(120, 1) })).toMatchObject({
      kind: 'wait',
      waitsFor: { code: 'answer', sentence: expect.stringContaining("a person's answer") },
      asksAtMs: null,
    });
    expect(moveOf(careful, asking, { evidence: seen(400, 0) })).toMatchObject({ kind: 'advance', step: 2 });
  });

  it('asks as soon as the least time is over where the step has too few devices to prove anything', () => {
    const move = moveOf(careful, atStep(1, 24), { evidence: seen(40, 0), fleetDevices: 1000 });
    expect(move).toEqual({
      kind: 'ask',
      question:
        'Go on from 5 %? The plan waits for evidence that fewer than 2 % of devices fail: 20 % of it is there, 0 of 40 failed; 5 % are about 50 devices, and some 367 are needed.',
    });
  });

  it('does not stop before its patience is over, also where the evidence cannot come', () => {
    const plan: Plan = {
      steps: [{ share: 5, gate: 'evidence', if_not_met: 'stop', patience_hours: 10 }, { share: 100 }],
    };
    const known = { evidence: seen(1, 0), fleetDevices: 100 };
    expect(moveOf(plan, atStep(0, 9), known)).toMatchObject({ kind: 'wait', asksAtMs: null });
    expect(moveOf(plan, atStep(0, 10), known)).toMatchObject({ kind: 'stop' });
  });

  it('goes where a person says, whatever it waits for', () => {
    expect(advance(careful, atStep(1, 0))).toEqual({ kind: 'advance', step: 2, share: 20 });
    expect(advance(careful, atStep(4, 0))).toEqual({ kind: 'finished' });
  });

  it.each<[string, Plan['steps'][number], Partial<RampFacts>, object]>([
    [
      'too few devices',
      { share: 10, least_devices: 50, if_not_met: 'wait' },
      { evidence: seen(3, 1) },
      {
        kind: 'wait',
        waitsFor: {
          code: 'devices',
          sentence: '50 devices that report, 4 did',
          devices: 4,
          failed: 1,
          least_devices: 50,
        },
      },
    ],
    [
      'it stops if the plan says so',
      { share: 10, least_devices: 50, if_not_met: 'stop' },
      { evidence: seen(3, 1) },
      { kind: 'stop' },
    ],
    [
      'enough devices',
      { share: 10, least_devices: 4 },
      { evidence: seen(3, 1) },
      { kind: 'advance', step: 1, share: 100 },
    ],
    [
      'the guard holds it',
      { share: 10 },
      { held: { code: 'guard', sentence: 'a person: downloads fail' } },
      { kind: 'wait', waitsFor: { code: 'guard', sentence: 'a person: downloads fail' } },
    ],
    [
      'a freeze',
      { share: 10 },
      { freezes: [{ name: 'Black Friday', from: '2026-11-27T00:00:00Z', to: '2026-11-30T00:00:00Z' }] },
      {
        kind: 'wait',
        waitsFor: {
          code: 'freeze',
          sentence: 'the end of the freeze "Black Friday" at 2026-11-30T00:00:00Z',
          freeze: 'Black Friday',
        },
      },
    ],
    [
      'a freeze that is over',
      { share: 10 },
      { freezes: [{ name: 'over', from: '2026-11-01T00:00:00Z', to: '2026-11-27T12:00:00Z' }] },
      { kind: 'advance' },
    ],
  ])('%s', (_, step, known, expected) => {
    expect(moveOf({ steps: [step, { share: 100 }] }, atStep(0, 100), known)).toMatchObject(expected);
  });

  it('waits for its window', () => {
    const window = { days: ['mon'], from: '09:00', to: '17:00', zone: 'Europe/Berlin' } as const;
    const plan = parsePlan({ steps: [{ share: 10 }, { share: 100 }], window });
    expect(moveOf(plan, atStep(0, 0))).toMatchObject({
      kind: 'wait',
      waitsFor: { code: 'window', sentence: 'its window, which opens at 2026-11-30T08:00:00.000Z' },
      untilMs: Date.UTC(2026, 10, 30, 8),
    });
  });

  it.each([
    ['a year ahead', 365 * 24],
    ['a year back', -365 * 24],
  ])('is not hurried by a clock that jumps %s', (_, hours) => {
    const state = look(atStep(0, 1), NOW_MS + hours * HOUR_MS);
    expect(state.heldMs).toBeLessThanOrEqual(HOUR_MS + 10 * 60_000);
    expect(state.heldMs).toBeGreaterThanOrEqual(HOUR_MS);
  });

  it('never shrinks, never skips a step, and passes no gate without evidence', () => {
    const looks = fc.array(
      fc.record({
        minutes: fc.integer({ min: -600, max: 600 }),
        passed: fc.nat(300),
        failed: fc.nat(2),
        isHeld: fc.boolean(),
      }),
      { minLength: 50, maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(namedPlans)), looks, (plan, history) => {
        let nowMs = NOW_MS;
        let state = startRamp(nowMs);
        let [passed, failed] = [0, 0];
        for (const one of history) {
          nowMs += one.minutes * 60_000;
          passed += one.passed;
          failed += one.failed;
          const held = one.isHeld ? ({ code: 'guard', sentence: 'a person' } as const) : null;
          const known = { ...facts, evidence: seen(passed, failed), held };
          state = look(state, nowMs);
          const move = nextMove(plan, state, known, nowMs);
          const step = plan.steps[state.step]!;
          if (move.kind === 'advance') {
            expect(move.step).toBe(state.step + 1);
            expect(move.share).toBeGreaterThan(step.share);
            expect(one.isHeld).toBe(false);
            expect(state.heldMs).toBeGreaterThanOrEqual((step.least_hours ?? 0) * HOUR_MS);
            if (step.gate === 'evidence') expect(gateIsOpen(known.evidence, 0.01)).toBe(true);
          }
          state = carryOut(state, move);
        }
      }),
      { seed: 27, numRuns: 200 },
    );
  });
});
