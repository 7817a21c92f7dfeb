// `overair release start|pause|resume|next|finish`: a bundle that reaches all devices of a channel by a plan.

import type { PlanAction, ReleasePlan } from '@overair/protocol/manage/plan';
import type { Release } from '@overair/protocol/manage/release';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { readPlan } from '../project/plan-file.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';
import { describeRelease, releaseIdOf } from './release-record.ts';

export interface StartReleaseOptions extends OverrideOptions {
  /** `careful`, `fast`, `at-once`, or a file. */
  plan: string;
}

export async function startRelease(
  context: Context,
  options: StartReleaseOptions,
  channel: string,
  version: string,
  appIdGiven?: string,
): Promise<Release> {
  const plan = await readPlan(context, options.plan);
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const release = await client.releases.start({ app_id, channel, version, plan, ...overrideOf(options) });
  describeRelease(context, release);
  return release;
}

export const pausePlan = (context: Context, options: GlobalOptions, id: string, appId?: string) =>
  movePlan(context, options, id, appId, 'pause');

export const resumePlan = (context: Context, options: GlobalOptions, id: string, appId?: string) =>
  movePlan(context, options, id, appId, 'resume');

export const takeNextStep = (context: Context, options: OverrideOptions, id: string, appId?: string) =>
  movePlan(context, options, id, appId, 'next', ({ bundle, channel }, { steps, step }) => {
    return `Offer ${bundle} to ${steps[step + 1]?.share ?? 100} % of ${channel} now, whatever the plan waits for?`;
  });

export const finishPlan = (context: Context, options: OverrideOptions, id: string, appId?: string) =>
  movePlan(
    context,
    options,
    id,
    appId,
    'finish',
    ({ bundle, channel }) => `Offer ${bundle} to all devices of ${channel} now?`,
  );

async function movePlan(
  context: Context,
  options: OverrideOptions,
  id: string,
  appIdGiven: string | undefined,
  action: PlanAction,
  question?: (release: Release, plan: ReleasePlan) => string,
): Promise<Release> {
  const app_id = await getAppId(context, appIdGiven);
  const release_id = releaseIdOf(id);
  const { client } = await openRemote(context, options);
  const before = await client.releases.get(app_id, release_id);
  if (before.plan === null) {
    throw new CliError('no_plan', `Release ${id} is under no plan.`, {
      hint: `overair release start ${before.channel} ${before.bundle} --plan careful begins one.`,
    });
  }
  const message = question?.(before, before.plan);
  if (message !== undefined && !(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const release = await client.releases.movePlan({
    app_id,
    release_id,
    action,
    from_step: before.plan.step,
    ...overrideOf(options),
  });
  describeRelease(context, release);
  return release;
}

/** The plan of what a channel releases now, in one line; undefined where there is none. */
export function planLine({ channel, bundle, plan }: Release): string | undefined {
  if (plan === null || plan.ended_at !== null) return undefined;
  return `${style.version(bundle)} on ${style.id(channel)}, plan ${plan.name ?? 'of its own'}. ${plan.message}`;
}
