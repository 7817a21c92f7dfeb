// Puts a bundle on channels after its upload, and says who will get it.

import type { ChannelSaved } from '@overair/protocol/manage/channel';
import type { Plan } from '@overair/protocol/manage/plan';
import type { ReleaseNotified } from '@overair/protocol/manage/push';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { listAll, type Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import type { overrideOf } from './override-freeze.ts';

interface Release {
  app_id: string;
  version: string;
  channels: string[];
  selfAssign: boolean;
  /** Wakes the phones of the channels by a silent push. */
  notify: boolean;
  /** Undefined: to everybody at once, by no plan. */
  plan?: Plan | undefined;
  override?: ReturnType<typeof overrideOf>;
}

interface ReleasedChannel {
  name: string;
  created: boolean;
  /** Only with `notify`. */
  notified?: ReleaseNotified;
  /** Only with `plan`: the release that is under it. */
  release?: number;
}

export async function releaseToChannels(
  context: Context,
  remote: Remote,
  release: Release,
): Promise<ReleasedChannel[]> {
  const released: ReleasedChannel[] = [];
  for (const channel of release.channels) {
    if (release.plan !== undefined) {
      released.push(await startByPlan(context, remote, release, channel, release.plan));
      continue;
    }
    const answer = await remote.client.channels.save({
      app_id: release.app_id,
      channel,
      version: release.version,
      ...release.override,
      ...(release.selfAssign ? { allow_device_self_set: true } : {}),
      ...(release.notify ? { notifyDevices: true } : {}),
    });
    const created = answer.id !== undefined;
    released.push({ name: channel, created, ...(answer.notified ? { notified: answer.notified } : {}) });
    context.ui.success(`Channel ${style.id(channel)} now serves ${style.version(release.version)}`);
    sayWhoWasTold(context, answer);
    if (created && !answer.public && !release.selfAssign) {
      context.ui.warn(
        `Channel ${channel} is new and no device follows it yet; overair channel set ${channel} --default makes it the default.`,
      );
    }
  }
  return released;
}

/** Before any work: a bundle that is uploaded and cannot be released by its plan would be left behind. */
export async function assertPlanFits(
  { client }: Remote,
  app_id: string,
  channels: readonly string[],
  plan: Plan | undefined,
): Promise<void> {
  if (plan === undefined) return;
  const known = await listAll((page) => client.channels.list({ app_id, page }));
  for (const name of channels) {
    const channel = known.find((each) => each.name === name);
    if (channel === undefined) {
      const hint = `Make it with overair channel add ${name}, or leave out --plan: then the upload makes it.`;
      throw new CliError('channel_not_found', `There is no channel ${name} to release to by a plan.`, { hint });
    }
    if (channel.version === null && plan.steps.length > 1) {
      const sentence = `Channel ${name} serves no bundle yet that its other devices could keep.`;
      throw new CliError('missing_stable_version', sentence, { hint: 'Release its first one with --plan at-once.' });
    }
  }
}

async function startByPlan(
  { ui }: Context,
  { client }: Remote,
  { app_id, version, override }: Release,
  channel: string,
  plan: Plan,
): Promise<ReleasedChannel> {
  const started = await client.releases.start({ app_id, channel, version, plan, ...override });
  ui.success(`Channel ${style.id(channel)} releases ${style.version(version)}. ${started.plan?.message ?? ''}`);
  ui.say(style.muted(`  overair release show ${started.id} ${app_id} tells how it goes on`));
  return { name: channel, created: false, release: started.id };
}

/** Says nothing when nobody was to be told. */
export function sayWhoWasTold({ ui }: Context, { notified }: ChannelSaved): void {
  if (notified?.sent) ui.say(`  its phones are told to look for it now ${style.muted(notified.msg_id ?? '')}`);
  else if (notified) ui.warn(`The phones were not told: ${notified.reason ?? 'push is not set up'}`);
}

export function channelNames(list: string): string[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))].filter(Boolean);
  if (names.length === 0) throw new CliError('missing_argument', 'Which channel? --channel is empty.');
  return names;
}
