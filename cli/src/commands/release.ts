// Puts a bundle on channels after its upload, and says who will get it.

import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Remote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface Release {
  app_id: string;
  version: string;
  channels: string[];
  selfAssign: boolean;
}

export interface ReleasedChannel {
  name: string;
  created: boolean;
}

export async function releaseToChannels(
  context: Context,
  remote: Remote,
  release: Release,
): Promise<ReleasedChannel[]> {
  const released: ReleasedChannel[] = [];
  for (const channel of release.channels) {
    const answer = await remote.client.channels.save({
      app_id: release.app_id,
      channel,
      version: release.version,
      ...(release.selfAssign ? { allow_device_self_set: true } : {}),
    });
    const created = answer.id !== undefined;
    released.push({ name: channel, created });
    context.ui.success(`Channel ${style.id(channel)} now serves ${style.version(release.version)}`);
    if (created && !answer.public && !release.selfAssign) {
      context.ui.warn(
        `Channel ${channel} is new and no device follows it yet; overair channel set ${channel} --default makes it the default.`,
      );
    }
  }
  return released;
}

export function channelNames(list: string): string[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))].filter(Boolean);
  if (names.length === 0) throw new CliError('missing_argument', 'Which channel? --channel is empty.');
  return names;
}
