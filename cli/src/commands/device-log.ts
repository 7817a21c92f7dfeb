// `overair devices log`: what one phone reported, live.

import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceEvent } from '@overair/protocol/manage/device-log';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface DeviceLogOptions extends GlobalOptions {
  limit: string;
  /** Undefined: in a terminal. */
  follow?: boolean;
}

const POLL_MS = 2000;
const MAX_LIMIT = 1000;

/** Prints what is there; in a terminal it goes on until Ctrl-C. */
export async function showDeviceLog(
  context: Context,
  options: DeviceLogOptions,
  device_id: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new CliError('invalid_limit', `--limit takes 1 to ${MAX_LIMIT}.`);
  }
  if (options.follow && options.json) {
    throw new CliError('conflicting_flags', '--follow never ends, so it cannot be one JSON document.');
  }
  const { client } = await openRemote(context, options);
  const first = await client.devices.log({ app_id, device_id, limit });
  for (const event of first.data) context.ui.say(describeEvent(event));
  if (first.data.length === 0) context.ui.say(style.muted('This device has reported nothing yet.'));
  let after = first.cursor;
  // Ends with Ctrl-C, see main.ts.
  while (options.follow ?? context.ui.interactive) {
    await delay(POLL_MS);
    const page = await client.devices.log({ app_id, device_id, after });
    for (const event of page.data) context.ui.say(describeEvent(event));
    after = page.cursor;
  }
  return { app_id, device_id, events: first.data, cursor: after };
}

function describeEvent({ action, bundle, version_name, channel, occurred_at, metadata }: DeviceEvent): string {
  const failed = /fail|error|crash|timeout/i.test(action);
  const version = bundle ?? version_name;
  return [
    style.muted(occurred_at.slice(0, 19).replace('T', ' ')),
    (failed ? style.danger : style.heading)(action.padEnd(24)),
    version ? style.version(version) : '',
    channel ? style.id(channel) : '',
    metadata
      ? style.muted(
          Object.entries(metadata)
            .map(([key, value]) => `${key}=${value}`)
            .join(' '),
        )
      : '',
  ]
    .filter(Boolean)
    .join('  ');
}
