// `overair bundle diff OLD NEW`: what the update from one build to another costs a phone, and why.

import { resolve } from 'node:path';
import { type Advice, advise } from '../adviser/advise.ts';
import type { Cause } from '../adviser/cause.ts';
import { adviseAgainstPrevious } from '../adviser/previous-bundle.ts';
import { readSnapshot } from '../adviser/snapshot.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { formatBytes, style } from '../terminal/style.ts';

export interface AdviceOptions {
  /** Zip or folder of the bundle that devices run. */
  compare?: string;
  /** False with `--no-advice`. */
  advice?: boolean;
}

export type UpdateCost = Omit<Advice, 'costs'>;

const SHOWN_FILES = 10;

const CAUSES: Record<Cause, string> = {
  new: 'new',
  renamed: 'same content, other name',
  stamp: 'only a version or date',
  references: 'only names of other files',
  monolith: 'small change in a large file',
  reshuffled: 'minified differently',
  content: 'changed',
};

export async function diffBundles(context: Context, _options: GlobalOptions, before: string, after: string) {
  const [old, current] = [resolve(context.cwd, before), resolve(context.cwd, after)];
  const advice = await advise(await readSnapshot(old), await readSnapshot(current));
  showAdvice(context, advice, SHOWN_FILES, true);
  return advice;
}

/** Compares with the bundle uploaded before from this machine, or with `--compare`; undefined when there is none. */
export async function findAdvice(
  context: Context,
  options: AdviceOptions,
  appId: string,
  zip: string,
): Promise<Advice | undefined> {
  if (options.advice === false) return undefined;
  const compare = options.compare && resolve(context.cwd, options.compare);
  return adviseAgainstPrevious(context, appId, zip, compare);
}

/** Shows the advice without its list of files, and hands it back for JSON. `hasDelta`: devices may fetch single files. */
export function showUpdateCost(
  context: Context,
  advice: Advice | undefined,
  hasDelta: boolean,
): UpdateCost | undefined {
  if (!advice) return undefined;
  showAdvice(context, advice, 0, hasDelta);
  const { costs: _, ...summary } = advice;
  return summary;
}

function showAdvice({ ui }: Context, advice: Advice, shownFiles: number, hasDelta: boolean): void {
  const saved = advice.zip_bytes === 0 ? 0 : Math.round((1 - advice.delta_bytes / advice.zip_bytes) * 100);
  const delta = style.heading(formatBytes(advice.delta_bytes));
  const zip = formatBytes(advice.zip_bytes);
  ui.say(
    hasDelta
      ? `  A phone with the previous bundle downloads about ${delta} as delta, ${zip} as zip (${saved} % saved); ${advice.reused_files} of ${advice.files} files are reused`
      : `  A phone with the previous bundle downloads ${zip}; with --delta it would be about ${delta}`,
  );
  if (shownFiles > 0 && advice.costs.length > 0) {
    ui.table(
      [
        { title: 'File', cell: (row) => row.name },
        { title: 'Travels', cell: (row) => formatBytes(row.cost), align: 'right' },
        { title: 'New in it', cell: (row) => `${Math.round(row.changed_share * 100)} %`, align: 'right' },
        { title: 'Why', cell: (row) => CAUSES[row.cause] },
      ],
      advice.costs.slice(0, shownFiles),
      '',
    );
    if (advice.costs.length > shownFiles) ui.say(style.muted(`… and ${advice.costs.length - shownFiles} more`));
  }
  for (const tip of advice.tips)
    ui.say(`  ${style.warning('→')} ${tip.message} ${style.muted(`(${formatBytes(tip.cost)})`)}`);
}
