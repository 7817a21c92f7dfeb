// `overair approval …`: changes of a channel that takes two persons.

import type { Approval, ApprovalAnswer, RequestApproval } from '@overair/protocol/manage/approval';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { readPlan } from '../project/plan-file.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';
import { describeRehearsal } from './rehearse.ts';

export interface RequestOptions extends OverrideOptions {
  plan?: string;
  note?: string;
  hours?: string;
}

export async function requestApproval(
  context: Context,
  options: RequestOptions,
  channel: string,
  version: string,
  appIdGiven?: string,
): Promise<Approval> {
  const plan = options.plan === undefined ? undefined : await readPlan(context, options.plan);
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const input = { app_id, channel, version, ...(plan && { plan }), ...overrideOf(options) };
  const request: RequestApproval = { call: plan ? 'POST /release' : 'POST /channel', input };
  const { note, hours } = options;
  const approval = await client.approvals.request({
    ...request,
    ...(note && { note }),
    ...(hours !== undefined && { hours: hoursOf(hours) }),
  });
  describe(context, approval);
  return approval;
}

export async function listApprovals(context: Context, options: GlobalOptions & { all?: boolean }, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const approvals = await client.approvals.list({ app_id, state: options.all ? 'all' : 'waiting' });
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id), align: 'right' },
      { title: 'Change', cell: whatOf },
      { title: 'State', cell: (row) => row.state },
      { title: 'By', cell: (row) => row.requested_by },
      { title: 'Until', cell: (row) => row.expires_at.slice(0, 16).replace('T', ' ') },
    ],
    approvals,
    'Nothing waits for a second person.',
  );
  return approvals;
}

export async function showApproval(context: Context, options: GlobalOptions, id: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const approval = await client.approvals.get(app_id, idOf(id));
  describe(context, approval);
  return approval;
}

export interface AnswerOptions extends GlobalOptions {
  note?: string;
}

export const approve = (context: Context, options: AnswerOptions, id: string, appId?: string) =>
  answer(context, options, id, appId, 'approve');
export const refuse = (context: Context, options: AnswerOptions, id: string, appId?: string) =>
  answer(context, options, id, appId, 'refuse');
export const withdraw = (context: Context, options: AnswerOptions, id: string, appId?: string) =>
  answer(context, options, id, appId, 'withdraw');

/** Who approves sees first who moves. */
async function answer(
  context: Context,
  options: AnswerOptions,
  id: string,
  appIdGiven: string | undefined,
  given: ApprovalAnswer,
) {
  const app_id = await getAppId(context, appIdGiven);
  const approval_id = idOf(id);
  const { client } = await openRemote(context, options);
  if (given === 'approve') {
    describe(context, await client.approvals.get(app_id, approval_id));
    if (!(await context.ui.confirm({ message: 'Make this change now?', flag: '--yes' }))) throw cancelled();
  }
  const { note } = options;
  const answered = await client.approvals.answer({ app_id, approval_id, answer: given, ...(note && { note }) });
  context.ui.success(`Request ${style.id(approval_id)} is ${answered.approval.state}.`);
  return answered;
}

function describe(context: Context, approval: Approval): void {
  const { ui } = context;
  const { id, state, requested_by, created_at, expires_at, note, answered_by, answer_note } = approval;
  ui.say(`Request ${style.id(id)}: ${whatOf(approval)}, ${state}`);
  ui.say(`  by ${requested_by} at ${created_at}, until ${expires_at}`);
  if (note) ui.say(`  ${note}`);
  if (answered_by) ui.say(`  answered by ${answered_by}${answer_note ? `: ${answer_note}` : ''}`);
  describeRehearsal(context, approval.rehearsal);
}

function whatOf({ call, input }: Approval): string {
  const { channel, version, rolloutVersion, answer: given, action } = input as Record<string, unknown>;
  const what = [version ?? rolloutVersion, given, action].filter((part) => typeof part === 'string').join(' ');
  return `${what || call}${typeof channel === 'string' ? ` on ${channel}` : ''}`;
}

function idOf(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new CliError('invalid_approval_id', `"${text}" is not the id of a request; overair approval list shows them.`);
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (Number.isInteger(hours) && hours >= 1 && hours <= 168) return hours;
  throw new CliError('invalid_hours', `--hours takes 1 to 168, not "${text}".`);
}
