// `overair channel add|set|show|list|delete`: which bundle a group of devices gets, and under which conditions.

import type { Channel } from '@overair/protocol/manage/channel';
import { type ChannelSettings, channelSettings } from '@overair/protocol/manage/channel-settings';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId, getBundleVersion } from '../project/app.ts';
import { listAll, openRemote } from '../remote/client.ts';
import { noSuchChannel } from '../remote/missing-names.ts';
import type { SettingFlags } from '../settings/flags.ts';
import { givenSettings, printSetting, shownSettings } from '../settings/values.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';

export type AddChannelOptions = GlobalOptions & SettingFlags<ChannelSettings>;

export async function addChannel(context: Context, options: AddChannelOptions, name: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const settings = givenSettings(channelSettings, options);
  const { client } = await openRemote(context, options);
  const existing = await listAll((page) => client.channels.list({ app_id, page }));
  if (existing.some((channel) => channel.name === name)) {
    throw new CliError('channel_exists', `Channel ${name} exists already.`, {
      hint: `Change it with overair channel set ${name}.`,
    });
  }
  await client.channels.save({ app_id, channel: name, ...settings });
  context.ui.success(`Channel ${style.id(name)}${options.default ? ', the default for new devices' : ''}`);
  return client.channels.get(app_id, name);
}

export interface SetChannelOptions extends OverrideOptions, SettingFlags<ChannelSettings> {
  bundle?: string;
  latest?: boolean;
  latestRemote?: boolean;
  state?: 'default' | 'normal';
}

export async function setChannel(context: Context, options: SetChannelOptions, name: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const settings = settingsOf(options);
  const bundleFlags = [options.bundle, options.latest, options.latestRemote].filter(Boolean).length;
  if (bundleFlags > 1) {
    throw new CliError('conflicting_flags', '--bundle, --latest and --latest-remote exclude each other.');
  }
  if (bundleFlags === 0 && Object.keys(settings).length === 0) {
    throw new CliError('missing_argument', 'Nothing to set.', {
      hint: 'overair channel set --help lists what can be set.',
    });
  }
  const { client } = await openRemote(context, options);
  // The server creates what it does not know; a mistyped name must not.
  await client.channels.get(app_id, name);
  const version = options.latestRemote
    ? (await client.bundles.list({ app_id, page: 0 }))[0]?.name
    : options.latest
      ? await getBundleVersion(context)
      : options.bundle;
  if (bundleFlags > 0 && !version) throw new CliError('bundle_not_found', `${app_id} has no bundle.`);
  await client.channels.save({
    app_id,
    channel: name,
    ...settings,
    ...(version ? { version } : {}),
    ...overrideOf(options),
  });
  const channel = await client.channels.get(app_id, name);
  context.ui.success(`Channel ${style.id(name)} serves ${style.version(channel.version?.name ?? 'builtin')}`);
  for (const { label, value } of shownSettings(channelSettings, settings)) context.ui.say(`  ${label}: ${value}`);
  return channel;
}

/** `--state` says `--default` in older words. */
function settingsOf({ state, ...flags }: SetChannelOptions) {
  const isDefault = flags.default ?? (state === undefined ? undefined : state === 'default');
  return givenSettings(channelSettings, { ...flags, ...(isDefault !== undefined && { default: isDefault }) });
}

/** `admin, keys 3, 7`; a server of an older version says nothing about it. */
const protectionText = ({ protected_by, protected_keys = [] }: Partial<Channel>): string =>
  [protected_by ?? '', ...(protected_keys.length > 0 ? [`keys ${protected_keys.join(', ')}`] : [])].join(', ');

export async function listChannels(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const channels = await listAll((page) => client.channels.list({ app_id, page }));
  context.ui.table(
    [
      { title: 'Channel', cell: (row) => style.id(row.name) },
      { title: 'Bundle', cell: (row) => style.version(row.version?.name ?? 'builtin') },
      { title: 'Rollout', cell: (row) => rolloutText(row.rollout_version_info?.name, row.rolloutPercentageBps) },
      { title: 'Default', cell: (row) => printSetting(channelSettings.public, row.public) },
      {
        title: 'Platforms',
        cell: (row) => (['ios', 'android', 'electron'] as const).filter((name) => row[name]).join(' '),
      },
      { title: 'Blocks', cell: (row) => (row.disableAutoUpdate === 'none' ? '' : row.disableAutoUpdate) },
      {
        title: 'Self-assign',
        cell: (row) => printSetting(channelSettings.allow_device_self_set, row.allow_device_self_set),
      },
      { title: 'Protected by', cell: protectionText },
    ],
    channels,
    `${app_id} has no channels yet. overair channel add makes one.`,
  );
  return channels;
}

const rolloutText = (version: string | undefined, bps: number) => (version ? `${version} ${bps / 100} %` : '');

export async function showChannel(context: Context, options: GlobalOptions, name: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const channel = await client.channels.get(app_id, name);
  context.ui.say(`Channel ${style.id(name)} serves ${style.version(channel.version?.name ?? 'builtin')}`);
  context.ui.table(
    [
      { title: 'Setting', cell: (row) => row.label },
      { title: 'Value', cell: (row) => row.value },
      { title: 'Flag of channel set', cell: (row) => row.flag },
    ],
    shownSettings(channelSettings, channel),
    'The server tells no settings.',
  );
  return channel;
}

export interface DeleteChannelOptions extends GlobalOptions {
  deleteBundle?: boolean;
  successIfNotFound?: boolean;
}

export async function deleteChannel(
  context: Context,
  options: DeleteChannelOptions,
  name: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const channels = await listAll((page) => client.channels.list({ app_id, page }));
  if (!channels.some((channel) => channel.name === name)) {
    if (options.successIfNotFound) return { app_id, channel: name, deleted: false };
    throw noSuchChannel(
      app_id,
      name,
      channels.map((channel) => channel.name),
    );
  }
  const message = `Delete channel ${name}? Devices that follow it fall back to the default channel.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  await client.channels.delete({ app_id, channel: name, ...(options.deleteBundle ? { delete_bundle: true } : {}) });
  context.ui.success(`Channel ${style.id(name)} is deleted.`);
  return { app_id, channel: name, deleted: true };
}

export async function showCurrentBundle(context: Context, options: GlobalOptions, name: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const channel = await client.channels.get(app_id, name);
  context.ui.say(channel.version?.name ?? 'builtin');
  return { app_id, channel: name, bundle: channel.version?.name ?? null };
}
