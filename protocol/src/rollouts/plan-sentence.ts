// A plan in one sentence: where it is, what it waits for, and when it will ask a person.

import type { Plan, PlanState } from '../manage/plan.ts';
import type { Wait } from './ramp.ts';

interface Told {
  readonly plan: Plan;
  readonly state: PlanState;
  readonly step: number;
  /** Null where it waits for nothing, or is over. */
  readonly waitsFor: Wait | null;
  readonly asksAt: Date | null;
  readonly question: string | null;
  readonly reason: string | null;
}

export function sentenceOfPlan({ plan, state, step, waitsFor, asksAt, question, reason }: Told): string {
  const at = `At ${plan.steps[step]!.share} %, step ${step + 1} of ${plan.steps.length}`;
  if (state === 'finished') return 'Everybody is offered it: the plan is finished.';
  if (state !== 'running' && state !== 'paused') return `${at}, the plan ended: ${reason ?? state}`;
  if (state === 'paused') return `${at}, paused: the plan takes no step until somebody resumes it.`;
  if (question !== null) return `${at}, the plan asks a person: ${question}`;
  if (waitsFor === null) return `${at}: takes the next step at the next look, within a minute.`;
  const asks = asksAt === null ? '' : `; it asks a person at ${asksAt.toISOString()} if that is still missing`;
  return `${at}: waits for ${waitsFor.sentence}${asks}.`;
}
