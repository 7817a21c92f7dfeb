// What a ramp does next, and what it waits for: a pure function of the plan, how far it came, what is known, and the time.

import type { Freeze } from '../manage/freeze.ts';
import type { IfNotMet, Plan, Step, WaitsFor } from '../manage/plan.ts';
import { devicesOf, type Evidence } from './evidence.ts';
import { devicesForGate, gateIsOpen, gateProgress } from './gate.ts';
import { isOpen, nextOpening } from './window.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_PATIENCE_HOURS = 72;

/**
 * The most that one look adds to a step's time. While no server looks, no device hears of the release either; and a clock that jumps a
 * year ahead makes no step older than this.
 */
const LONGEST_LOOK_MS = 10 * 60_000;

export interface RampState {
  /** Index into the plan's steps. */
  readonly step: number;
  /** How long the step has lasted under the eyes of a server. */
  readonly heldMs: number;
  readonly lookedAtMs: number;
  /** The plan asked a person, who has not answered. */
  readonly isAsking: boolean;
}

export interface RampFacts {
  readonly evidence: Evidence;
  readonly tolerance: number;
  /** Devices of the channel that asked within the last weeks; null: not known. */
  readonly fleetDevices: number | null;
  readonly freezes: readonly Pick<Freeze, 'name' | 'from' | 'to'>[];
  /** Somebody holds the ramp where it is. */
  readonly held: Wait | null;
}

/** In words and numbers; `until_at` is told by the move. */
export type Wait = Omit<WaitsFor, 'until_at'>;

export type RampMove =
  /** `untilMs`: when that is over by itself. `asksAtMs`: when a person will be asked. Null: not known, or never. */
  | {
      readonly kind: 'wait';
      readonly waitsFor: Wait;
      readonly untilMs: number | null;
      readonly asksAtMs: number | null;
    }
  | { readonly kind: 'advance'; readonly step: number; readonly share: number }
  | { readonly kind: 'ask'; readonly question: string }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'finished' };

export const startRamp = (nowMs: number): RampState => ({ step: 0, heldMs: 0, lookedAtMs: nowMs, isAsking: false });

/** The state after time has passed. A clock that went back adds nothing. */
export function look(state: RampState, nowMs: number): RampState {
  const passedMs = Math.min(Math.max(0, nowMs - state.lookedAtMs), LONGEST_LOOK_MS);
  return { ...state, heldMs: state.heldMs + passedMs, lookedAtMs: nowMs };
}

/** The state after `move` was carried out. A person who says "go on" takes a step by `advance`, too. */
export function carryOut(state: RampState, move: RampMove): RampState {
  if (move.kind === 'advance') return { ...state, step: move.step, heldMs: 0, isAsking: false };
  return move.kind === 'ask' ? { ...state, isAsking: true } : state;
}

/** The step that a person's "go on" leads to, whatever the plan still waits for. */
export function advance(plan: Plan, state: RampState): RampMove {
  const next = plan.steps[state.step + 1];
  return next === undefined ? { kind: 'finished' } : { kind: 'advance', step: state.step + 1, share: next.share };
}

export function nextMove(plan: Plan, state: RampState, facts: RampFacts, nowMs: number): RampMove {
  const step = plan.steps[state.step];
  if (step === undefined || state.step === plan.steps.length - 1) return { kind: 'finished' };
  if (facts.held !== null) return { kind: 'wait', waitsFor: facts.held, untilMs: null, asksAtMs: null };
  const leftMs = (step.least_hours ?? 0) * HOUR_MS - state.heldMs;
  const missing = missingProof(step, facts);
  if (leftMs > 0) return waitForTime(step, state, leftMs, missing, nowMs);
  if (missing !== undefined) return waitForProof(step, state, missing, nowMs);
  return waitForCalendar(plan, facts, nowMs) ?? advance(plan, state);
}

interface Missing {
  readonly wait: Wait;
  /** The step's devices are too few to prove anything, however long one waits. */
  readonly isHopeless: boolean;
}

function missingProof(step: Step, facts: RampFacts): Missing | undefined {
  const { passed, failed } = devicesOf(facts.evidence);
  const devices = passed + failed;
  const least = step.least_devices ?? 0;
  if (devices < least) {
    const sentence = `${least} devices that report, ${devices} did`;
    return { wait: { code: 'devices', sentence, devices, failed, least_devices: least }, isHopeless: false };
  }
  if (step.gate !== 'evidence' || gateIsOpen(facts.evidence, facts.tolerance)) return undefined;
  const needed = devicesForGate(facts.tolerance);
  const inStep = facts.fleetDevices === null ? null : Math.floor((facts.fleetDevices * step.share) / 100);
  const evidence = Math.max(0, gateProgress(facts.evidence, facts.tolerance));
  const sentence = `evidence that fewer than ${percent(2 * facts.tolerance)} of devices fail: ${Math.floor(evidence * 100)} % of it is there, ${failed} of ${devices} failed`;
  const wait: Wait = { code: 'evidence', sentence, devices, failed, evidence, devices_needed: needed };
  if (inStep === null || inStep >= needed) return { wait, isHopeless: false };
  const tooFew = `${sentence}; ${step.share} % are about ${inStep} devices, and some ${needed} are needed`;
  return { wait: { ...wait, sentence: tooFew, devices_in_step: inStep }, isHopeless: true };
}

function waitForTime(
  step: Step,
  state: RampState,
  leftMs: number,
  missing: Missing | undefined,
  nowMs: number,
): RampMove {
  const leastMs = (step.least_hours ?? 0) * HOUR_MS;
  return {
    kind: 'wait',
    waitsFor: {
      code: 'time',
      sentence: `the least time of this step: ${duration(leftMs)} of ${duration(leastMs)} are left`,
      left_seconds: Math.ceil(leftMs / 1000),
      least_seconds: Math.ceil(leastMs / 1000),
    },
    untilMs: nowMs + leftMs,
    asksAtMs: missing === undefined || ifNotMet(step) !== 'ask' ? null : nowMs + patienceLeftMs(step, state, missing),
  };
}

function waitForProof(step: Step, state: RampState, missing: Missing, nowMs: number): RampMove {
  const leftMs = patienceLeftMs(step, state, missing);
  const outcome = ifNotMet(step);
  if (leftMs > 0 || outcome === 'wait') {
    const asksAtMs = outcome === 'ask' && !state.isAsking ? nowMs + leftMs : null;
    return { kind: 'wait', waitsFor: missing.wait, untilMs: null, asksAtMs };
  }
  if (outcome === 'stop')
    return {
      kind: 'stop',
      reason: `After ${duration(state.heldMs)} at ${step.share} % it still waits for ${missing.wait.sentence}.`,
    };
  if (!state.isAsking)
    return { kind: 'ask', question: `Go on from ${step.share} %? The plan waits for ${missing.wait.sentence}.` };
  const sentence = `a person's answer, or ${missing.wait.sentence}`;
  return { kind: 'wait', waitsFor: { ...missing.wait, code: 'answer', sentence }, untilMs: null, asksAtMs: null };
}

function waitForCalendar(plan: Plan, { freezes }: RampFacts, nowMs: number): RampMove | undefined {
  const freeze = freezes.find(({ from, to }) => Date.parse(from) <= nowMs && nowMs < Date.parse(to));
  if (freeze !== undefined) {
    const sentence = `the end of the freeze "${freeze.name}" at ${freeze.to}`;
    return waitUntil({ code: 'freeze', sentence, freeze: freeze.name }, Date.parse(freeze.to));
  }
  if (plan.window === undefined || isOpen(plan.window, nowMs)) return undefined;
  const opensMs = nextOpening(plan.window, nowMs) ?? null;
  const opens = opensMs === null ? 'never' : `at ${new Date(opensMs).toISOString()}`;
  return waitUntil({ code: 'window', sentence: `its window, which opens ${opens}` }, opensMs);
}

const waitUntil = (waitsFor: Wait, untilMs: number | null): RampMove => ({
  kind: 'wait',
  waitsFor,
  untilMs,
  asksAtMs: null,
});

const ifNotMet = (step: Step): IfNotMet => step.if_not_met ?? 'ask';

/** Nobody is asked three days later about what cannot come: then the least time is enough. To stop takes all the patience. */
function patienceLeftMs(step: Step, { heldMs }: RampState, { isHopeless }: Missing): number {
  const least = step.least_hours ?? 0;
  const patience = step.patience_hours ?? DEFAULT_PATIENCE_HOURS;
  return (isHopeless && ifNotMet(step) === 'ask' ? least : Math.max(least, patience)) * HOUR_MS - heldMs;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** `26 h`, `40 min`. */
function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
