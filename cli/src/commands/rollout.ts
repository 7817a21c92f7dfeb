// `overair rollout …`: a new bundle for a growing share of a channel's devices, with a brake that acts by itself.

import type { AutoPauseAction, Channel, UpsertChannel } from '@overair/protocol/manage/channel';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { parsePercent } from '../percent.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';

export interface StartRolloutOptions extends OverrideOptions {
  bundle: string;
  percent: string;
  /** Percent of failed updates at which the rollout stops by itself. */
  stopAt?: string;
  stopAction?: AutoPauseAction;
}

export async function startRollout(context: Context, options: StartRolloutOptions, name: string, appIdGiven?: string) {
  const percent = parsePercent(options.percent);
  return change(context, options, name, appIdGiven, () => ({
    rolloutVersion: options.bundle,
    rolloutPercentageBps: Math.round(percent * 100),
    rolloutEnabled: true,
    rolloutPaused: false,
    ...(options.stopAt === undefined
      ? {}
      : { autoPauseEnabled: true, autoPauseFailureRateBps: Math.round(parsePercent(options.stopAt) * 100) }),
    ...(options.stopAction ? { autoPauseAction: options.stopAction } : {}),
  }));
}

export async function growRollout(
  context: Context,
  options: OverrideOptions,
  name: string,
  percent: string,
  appId?: string,
) {
  const bps = Math.round(parsePercent(percent) * 100);
  return change(context, options, name, appId, () => ({ rolloutPercentageBps: bps }));
}

export const pauseRollout = (context: Context, options: OverrideOptions, name: string, appId?: string) =>
  change(context, options, name, appId, () => ({ rolloutPaused: true }));

export const resumeRollout = (context: Context, options: OverrideOptions, name: string, appId?: string) =>
  change(context, options, name, appId, () => ({ rolloutPaused: false }));

export async function rollBack(context: Context, options: OverrideOptions, name: string, appIdGiven?: string) {
  return change(context, options, name, appIdGiven, async (channel) => {
    const stable = channel.version?.name ?? 'builtin';
    const message = `Take ${channel.rollout_version_info?.name} back? All devices of ${name} return to ${stable}.`;
    if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
    return { rollback: true };
  });
}

export async function finishRollout(context: Context, options: OverrideOptions, name: string, appIdGiven?: string) {
  return change(context, options, name, appIdGiven, async (channel) => {
    const message = `Give ${channel.rollout_version_info?.name} to all devices of ${name}?`;
    if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
    return { promoteToStable: true };
  });
}

export async function showRollout(context: Context, options: GlobalOptions, name: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const channel = await client.channels.get(app_id, name);
  describe(context, channel);
  return channel;
}

type Settings = Partial<UpsertChannel>;

async function change(
  context: Context,
  options: OverrideOptions,
  name: string,
  appIdGiven: string | undefined,
  settingsFor: (channel: Channel) => Settings | Promise<Settings>,
): Promise<Channel> {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const before = await client.channels.get(app_id, name);
  const starts = 'bundle' in options;
  if (!starts && before.rollout_version === null) {
    throw new CliError('no_rollout', `Channel ${name} has no rollout.`, {
      hint: `Begin with overair rollout start ${name}.`,
    });
  }
  await client.channels.save({ app_id, channel: name, ...(await settingsFor(before)), ...overrideOf(options) });
  const channel = await client.channels.get(app_id, name);
  describe(context, channel);
  return channel;
}

function describe({ ui }: Context, channel: Channel): void {
  const stable = style.version(channel.version?.name ?? 'builtin');
  const target = channel.rollout_version_info?.name;
  if (!target) {
    ui.success(`Channel ${style.id(channel.name)} gives ${stable} to all its devices.`);
    return;
  }
  const share = `${channel.rolloutPercentageBps / 100} %`;
  const state = channel.rolloutPausedAt
    ? style.warning(`paused${channel.rolloutPauseReason ? `: ${channel.rolloutPauseReason}` : ''}`)
    : channel.rolloutEnabled
      ? style.success('running')
      : style.muted('not enabled');
  ui.success(
    `Channel ${style.id(channel.name)}: ${style.version(target)} for ${share}, ${stable} for the rest (${state})`,
  );
  if (channel.autoPauseEnabled && channel.autoPauseFailureRateBps !== null) {
    ui.say(`  ${channel.autoPauseAction} by itself at ${channel.autoPauseFailureRateBps / 100} % failures`);
  }
}
