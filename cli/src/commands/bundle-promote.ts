// `overair bundle promote FROM TO`: what was tested on one channel goes, byte for byte, to another.

import { CliError, cancelled } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { parsePercent } from '../percent.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { type OverrideOptions, overrideOf } from './override-freeze.ts';
import { sayWhoWasTold } from './release.ts';

export interface PromoteOptions extends OverrideOptions {
  /** Percent of devices that get it first; without it all do. */
  rollout?: string;
  /** Wakes the phones of the channel by a silent push. */
  notify?: boolean;
}

export async function promoteBundle(
  context: Context,
  options: PromoteOptions,
  from: string,
  to: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const [source, target] = await Promise.all([client.channels.get(app_id, from), client.channels.get(app_id, to)]);
  const version = source.version?.name;
  if (!version) throw new CliError('bundle_not_found', `Channel ${from} serves no bundle.`);
  if (target.version?.name === version) {
    context.ui.success(`Channel ${style.id(to)} serves ${style.version(version)} already.`);
    return { app_id, bundle: version, from, to, changed: false };
  }
  const current = target.version?.name ?? 'builtin';
  const message = `Let ${to} serve ${version} instead of ${current}?`;
  if (context.ui.interactive && !(await context.ui.confirm({ message, flag: '--yes', initial: true })))
    throw cancelled();
  const percent = options.rollout === undefined ? undefined : parsePercent(options.rollout);
  const saved = await client.channels.save({
    app_id,
    channel: to,
    ...overrideOf(options),
    ...(options.notify ? { notifyDevices: true } : {}),
    ...(percent === undefined
      ? { version }
      : { rolloutVersion: version, rolloutPercentageBps: Math.round(percent * 100), rolloutEnabled: true }),
  });
  const share = percent === undefined ? '' : ` to ${percent} % of its devices`;
  context.ui.success(`Channel ${style.id(to)} serves ${style.version(version)}${share}`);
  sayWhoWasTold(context, saved);
  return {
    app_id,
    bundle: version,
    from,
    to,
    changed: true,
    ...(percent === undefined ? {} : { rollout: percent }),
    ...(saved.notified ? { notified: saved.notified } : {}),
  };
}
