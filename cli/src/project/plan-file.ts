// A ramp plan by its name, or from a file of JSON or YAML.

import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { namedPlans, type Plan } from '@overair/protocol/manage/plan';
import { PlanError, parsePlan } from '@overair/protocol/rollouts/parse-plan';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';

/** `nameOrFile`: `careful`, `fast`, `at-once`, or the path of a file. */
export async function readPlan({ cwd }: Context, nameOrFile: string): Promise<Plan> {
  const isFile = extname(nameOrFile) !== '' || /[\\/]/.test(nameOrFile);
  const value = isFile ? await parseFile(resolve(cwd, nameOrFile), nameOrFile) : nameOrFile;
  try {
    return parsePlan(value);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const where = isFile ? `${nameOrFile}: ` : '';
    const hint = isFile
      ? undefined
      : `Or name a file: --plan ./plan.yaml. Plans: ${Object.keys(namedPlans).join(', ')}.`;
    throw new CliError('invalid_plan', `${where}${error.message}`, hint === undefined ? {} : { hint });
  }
}

async function parseFile(path: string, given: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError('plan_not_found', `${given} cannot be read (${error.code ?? error.message}).`);
  });
  try {
    // YAML reads JSON as well, and names the line of a mistake; it is loaded only here.
    return (await import('yaml')).parse(text, { strict: true, uniqueKeys: true });
  } catch (error) {
    throw new CliError('invalid_plan', `${given} is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
