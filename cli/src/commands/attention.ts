// `overair attention`: does anything need me?

import type { AttentionSeverity, Matter } from '@overair/protocol/manage/attention';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

/** Exit code when something needs the caller; 1 says that the command failed. */
const NEEDED_EXIT_CODE = 2;

const MARKS: Record<AttentionSeverity, string> = {
  critical: style.danger('✖'),
  warning: style.warning('!'),
  notice: style.muted('·'),
};

export interface AttentionOptions extends GlobalOptions {
  acknowledge?: string;
}

/** Of all that the key sees, or of one app. Scripts and monitors go by the exit code. */
export async function showAttention(context: Context, options: AttentionOptions, app_id?: string) {
  const { client } = await openRemote(context, options);
  if (options.acknowledge !== undefined) {
    const matter = await client.attention.acknowledge(options.acknowledge);
    context.ui.success(`Somebody knows: ${matter.message}`);
    return matter;
  }
  const answer = await client.attention.list(app_id === undefined ? {} : { app_id });
  for (const matter of answer.data) describe(context, matter);
  if (answer.status === 'ok') {
    context.ui.success(answer.message);
    return answer;
  }
  const hidden = answer.total - answer.data.length;
  if (hidden > 0) context.ui.say(style.muted(`and ${hidden} more`));
  const needed = answer.data.filter(({ acknowledged_at }) => acknowledged_at === null).length;
  const message = `${needed + hidden} ${needed + hidden === 1 ? 'matter needs' : 'matters need'} you.`;
  throw new CliError('attention_needed', message, { detail: { ...answer }, exitCode: NEEDED_EXIT_CODE });
}

function describe({ ui }: Context, { id, severity, message, since, command, acknowledged_by }: Matter): void {
  const known = acknowledged_by === null ? '' : style.muted(` (${acknowledged_by} knows)`);
  ui.say(`${MARKS[severity]} ${message}${known}`);
  const facts = style.muted(`${id}, since ${since.slice(0, 16).replace('T', ' ')}`);
  ui.say(command === null ? `  ${facts}` : `  ${facts}: ${style.command(command)}`);
}
