// A step of `overair init`: its name is said before it begins, and its outcome tells the state that is reached.

import type { Context } from '../context.ts';
import type { FileChange } from '../project/file-change.ts';
import { renderChange } from '../terminal/diff.ts';
import { style } from '../terminal/style.ts';

export interface Outcome {
  /** `todo`: only a person can do it. `skipped`: not wanted, or not yet possible. */
  state: 'unchanged' | 'changed' | 'todo' | 'skipped';
  message: string;
  /** Lines to paste, or a command. */
  paste?: string;
  /** Worth knowing, whatever the state is; said as warnings. */
  advice?: string[];
}

export interface Step extends Omit<Outcome, 'advice'> {
  step: string;
}

export interface PlannedStep {
  step: string;
  title: string;
  run: () => Promise<Outcome>;
}

export const unchanged = (message: string): Outcome => ({ state: 'unchanged', message });
export const changed = (message: string): Outcome => ({ state: 'changed', message });
export const skipped = (message: string): Outcome => ({ state: 'skipped', message });
export const todo = (message: string, paste?: string): Outcome => ({
  state: 'todo',
  message,
  ...(paste ? { paste } : {}),
});

export async function takeSteps({ ui }: Context, planned: PlannedStep[]): Promise<Step[]> {
  const taken: Step[] = [];
  for (const { step, title, run } of planned) {
    ui.say(`\n${style.muted(`${taken.length + 1}/${planned.length}`)} ${style.heading(title)}`);
    const { advice = [], ...outcome } = await run();
    taken.push({ step, ...outcome });
    // Warnings are part of the JSON document, so the lines to paste go with them.
    if (outcome.state === 'todo') ui.warn(outcome.paste ? `${outcome.message}\n${outcome.paste}` : outcome.message);
    else if (outcome.state === 'skipped') ui.say(`${style.muted('–')} ${outcome.message}`);
    else ui.success(outcome.message);
    for (const sentence of advice) ui.warn(sentence);
  }
  return taken;
}

/** Shows what will change, whoever answers; false when the person does not want it. */
export async function agreeTo(
  { ui, cwd }: Context,
  message: string,
  changes: FileChange[],
  newFiles: string[] = [],
): Promise<boolean> {
  for (const change of changes) ui.instruct(`\n${renderChange(cwd, change)}`);
  for (const name of newFiles) ui.instruct(`\n${style.heading(name)} ${style.success('new')}`);
  return ui.confirm({ message, flag: '--yes', initial: true });
}
