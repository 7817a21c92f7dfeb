// `overair devices …`: which phones there are, what they run, and which channel one of them is forced to.

import type { Device } from '@overair/protocol/manage/device';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface ListDevicesOptions extends GlobalOptions {
  limit: string;
  /** ISO time; only devices seen after it. */
  since?: string;
  customId?: boolean;
}

const PAGE = 500;

export async function listDevices(context: Context, options: ListDevicesOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new CliError('invalid_limit', '--limit takes a number from 1 on.');
  const { client } = await openRemote(context, options);
  const devices: Device[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.devices.list({
      app_id,
      limit: Math.min(PAGE, limit - devices.length),
      order: 'desc',
      ...(options.since ? { updated_at: options.since } : {}),
      ...(options.customId ? { customIdMode: true } : {}),
      ...(cursor ? { cursor } : {}),
    });
    devices.push(...page.data);
    cursor = page.hasMore ? page.nextCursor : undefined;
  } while (cursor && devices.length < limit);
  context.ui.table(
    [
      { title: 'Device', cell: (row) => style.id(row.device_id) },
      { title: 'Custom id', cell: (row) => row.custom_id },
      { title: 'Platform', cell: (row) => `${row.platform} ${row.os_version}` },
      { title: 'App', cell: (row) => row.version_build },
      { title: 'Runs', cell: (row) => style.version(row.running_version ?? '?') },
      { title: 'Offered', cell: (row) => style.version(row.offered_version ?? '') },
      { title: 'Plugin', cell: (row) => row.plugin_version },
      { title: 'Channel', cell: (row) => row.channel ?? '' },
      { title: 'Seen', cell: (row) => row.updated_at.slice(0, 16).replace('T', ' ') },
    ],
    devices,
    `No device of ${app_id} has asked for an update yet.`,
  );
  if (cursor) context.ui.say(style.muted(`There are more; --limit ${limit * 2} shows them.`));
  return devices;
}

export async function showDevice(context: Context, options: GlobalOptions, device_id: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const device = await client.devices.get(app_id, device_id);
  for (const [name, value] of Object.entries(device)) context.ui.say(`${name.padEnd(16)} ${value ?? ''}`);
  return device;
}

export async function forceChannel(
  context: Context,
  options: GlobalOptions,
  device_id: string,
  channel: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  await client.devices.setChannel({ app_id, device_id, channel });
  context.ui.success(`Device ${style.id(device_id)} follows channel ${style.id(channel)}.`);
  return { app_id, device_id, channel };
}

export async function releaseDevice(context: Context, options: GlobalOptions, device_id: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  await client.devices.clearChannel({ app_id, device_id });
  context.ui.success(`Device ${style.id(device_id)} follows the default channel again.`);
  return { app_id, device_id, channel: null };
}
