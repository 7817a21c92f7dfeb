// Reads a ramp plan strictly: what is not understood is refused by name, for a misspelt limit limits nothing.

import { Errors } from 'typebox/value';
import { namedPlans, Plan, type PlanName, planNames } from '../manage/plan.ts';
import { isTimeZone, LEAST_WINDOW_MINUTES, minuteOf } from './window.ts';

const MINUTES_OF_DAY = 1440;

/** One sentence that names the field and the mend. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** A plan by its name (`careful`, `fast`, `at once`), or a plan as JSON or YAML was read. @throws PlanError */
export function parsePlan(value: unknown): Plan {
  if (typeof value === 'string') return planNamed(value);
  const problem = firstProblem(value);
  if (problem !== undefined) throw new PlanError(problem);
  const plan = value as Plan;
  checkShares(plan);
  checkWindow(plan);
  return plan;
}

function planNamed(name: string): Plan {
  const known = planNames.find((candidate) => candidate === name.replaceAll('-', ' '));
  if (known === undefined) {
    const names = planNames.map((candidate: PlanName) => `"${candidate}"`).join(', ');
    throw new PlanError(`There is no plan "${name}": name one of ${names}, or write your own steps.`);
  }
  return namedPlans[known];
}

function firstProblem(value: unknown): string | undefined {
  const errors = Errors(Plan, value);
  // Its name says more than that something else is missing, which is often the same field spelt right.
  const unknown = errors.find(({ keyword }) => keyword === 'additionalProperties');
  const error = unknown ?? errors[0];
  if (error === undefined) return undefined;
  const at = placeOf(error.instancePath);
  if (error.keyword === 'additionalProperties') {
    const [field] = (error.params as { additionalProperties: string[] }).additionalProperties;
    return `${at === 'the plan' ? '' : `${at}.`}${field} is not a field of a plan: remove it, or mend its spelling.`;
  }
  if (error.keyword === 'required') {
    const [field] = (error.params as { requiredProperties: string[] }).requiredProperties;
    return `${field} is missing in ${at}.`;
  }
  if (error.keyword === 'enum') {
    const allowed = (error.params as { allowedValues: unknown[] }).allowedValues;
    return `${at} must be one of ${allowed.join(', ')}.`;
  }
  if (error.keyword === 'pattern') return `${at} must be a time as in 09:30.`;
  return `${at} ${error.message}.`;
}

/** `/steps/1/share` is `steps[1].share`. */
function placeOf(pointer: string): string {
  const place = pointer
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  return place === '' ? 'the plan' : place;
}

function checkShares({ steps }: Plan): void {
  for (const [index, { share }] of steps.entries()) {
    const before = steps[index - 1]?.share;
    if (before !== undefined && share <= before) {
      throw new PlanError(`steps[${index}].share must be above the ${before} % of the step before it.`);
    }
  }
  if (steps.at(-1)!.share !== 100) {
    throw new PlanError(`steps[${steps.length - 1}].share must be 100: the last step reaches everybody.`);
  }
}

function checkWindow({ window }: Plan): void {
  if (window === undefined) return;
  if (window.zone !== undefined && !isTimeZone(window.zone)) {
    throw new PlanError(`window.zone "${window.zone}" is not a time zone: name one as in Europe/Berlin.`);
  }
  const minutes = minuteOf(window.to ?? '24:00') - minuteOf(window.from ?? '00:00');
  if (minutes + (minutes < 0 ? MINUTES_OF_DAY : 0) < LEAST_WINDOW_MINUTES) {
    throw new PlanError(`window.to must be at least ${LEAST_WINDOW_MINUTES} minutes after window.from.`);
  }
}
