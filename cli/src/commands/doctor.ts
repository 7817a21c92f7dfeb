// `overair doctor`: looks at everything an update needs on its way and says how to mend what is broken.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkProject } from '../doctor/project-checks.ts';
import { checkServer } from '../doctor/server-checks.ts';
import { style } from '../terminal/style.ts';

export interface DoctorOptions extends GlobalOptions {
  fix?: boolean;
}

const SYMBOLS: Record<Finding['status'], string> = {
  ok: style.success('✔'),
  warning: style.warning('!'),
  problem: style.danger('✖'),
};

export async function doctor(context: Context, options: DoctorOptions) {
  const findings = await examine(context, options);
  const mended = options.fix ? await mend(findings) : [];
  const after = mended.length > 0 ? await examine(context, options) : findings;
  for (const finding of after) {
    context.ui.say(`${SYMBOLS[finding.status]} ${finding.message}`);
    if (finding.fix)
      context.ui.say(`  ${style.muted(finding.fix)}${finding.mend ? style.muted('  (--fix does that)') : ''}`);
  }
  for (const check of mended) context.ui.success(`Mended: ${check}`);
  const report = {
    node: process.versions.node,
    platform: process.platform,
    findings: after.map(({ mend: _, ...rest }) => rest),
    mended,
  };
  const problems = after.filter(({ status }) => status === 'problem').length;
  if (problems === 0) return report;
  throw new CliError('problems_found', `${problems} ${problems === 1 ? 'problem' : 'problems'} found.`, {
    detail: report,
  });
}

async function examine(context: Context, options: GlobalOptions): Promise<Finding[]> {
  const { config, findings } = await checkProject(context);
  return [...findings, ...(await checkServer(context, options, config))];
}

async function mend(findings: Finding[]): Promise<string[]> {
  const mended: string[] = [];
  for (const finding of findings) {
    if (finding.status === 'ok' || !finding.mend) continue;
    await finding.mend();
    mended.push(finding.check);
  }
  return mended;
}
