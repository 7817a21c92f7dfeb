// The plan of a release as it is shown: how far it came, what it waits for at this moment, and when it will ask a person.

import { sentenceOfPlan } from '@overair/protocol/rollouts/plan-sentence';
import { look, nextMove, type RampMove } from '@overair/protocol/rollouts/ramp';
import type { FreezeRow } from '../releases/freezes.ts';
import type { findPlans } from '../releases/release-plans.ts';
import type { ReleaseRow } from '../releases/release-record.ts';
import type { GuardRow } from './guard-rows.ts';
import { rampFactsOf, rampStateOf } from './plan-facts.ts';

type ShownPlan = NonNullable<ReturnType<Awaited<ReturnType<typeof findPlans>>['get']>>;

interface Known {
  readonly guard: GuardRow | undefined;
  readonly freezes: readonly FreezeRow[];
}

export function presentPlan(release: ReleaseRow, row: ShownPlan, known: Known, now: Date) {
  const { plan, state, step, asked_at, question, reason, started_at, step_entered_at, ended_at, moves } = row;
  const wait = state === 'running' ? waitOf(release, row, known, now) : NOTHING;
  return {
    name: plan.name ?? null,
    steps: plan.steps,
    window: plan.window ?? null,
    notify: plan.notify ?? 'none',
    notified: row.woken,
    state,
    step,
    share: plan.steps[step]!.share,
    message: sentenceOfPlan({ plan, state, step, ...wait, question, reason }),
    waits_for: wait.waitsFor && { ...wait.waitsFor, until_at: wait.until },
    asks_at: wait.asksAt,
    asked_at,
    question,
    reason,
    started_at,
    step_entered_at,
    ended_at,
    moves: moves.map(({ at, move, step: moved, share, by, reason: why }) => ({
      at,
      move,
      step: moved,
      share,
      by,
      reason: why,
    })),
  };
}

const NOTHING = { waitsFor: null, until: null, asksAt: null } as const;

function waitOf(release: ReleaseRow, row: ShownPlan, { guard, freezes }: Known, now: Date) {
  const state = look(rampStateOf(row), now.getTime());
  const move: RampMove = nextMove(row.plan, state, rampFactsOf(release, row, guard, freezes), now.getTime());
  if (move.kind !== 'wait') return NOTHING;
  return { waitsFor: move.waitsFor, until: dateOf(move.untilMs), asksAt: dateOf(move.asksAtMs) };
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
