// `overair statistics …`: how many devices there are, what they run and what they download.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { formatBytes, style } from '../terminal/style.ts';

export interface StatisticsOptions extends GlobalOptions {
  days: string;
}

const DAY_MS = 24 * 60 * 60_000;

export async function showStatistics(context: Context, options: StatisticsOptions, appIdGiven?: string) {
  const appId = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const days = await client.statistics.app(appId, { ...rangeOf(options), noAccumulate: true });
  context.ui.table(
    [
      { title: 'Day', cell: (row) => row.date.slice(0, 10) },
      { title: 'Devices', cell: (row) => String(row.mau), align: 'right' },
      { title: 'Downloads', cell: (row) => String(row.get), align: 'right' },
      { title: 'Traffic', cell: (row) => formatBytes(row.bandwidth), align: 'right' },
      { title: 'Stored', cell: (row) => formatBytes(row.storage), align: 'right' },
    ],
    days,
    'Nothing was reported in this time.',
  );
  return days;
}

export async function showBundleUsage(context: Context, options: StatisticsOptions, appIdGiven?: string) {
  const appId = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const usage = await client.statistics.bundleUsage(appId, rangeOf(options));
  context.ui.table(
    [
      { title: 'Bundle', cell: (row) => style.version(row.label) },
      { title: 'Devices, last day', cell: (row) => String(row.metaCounts.at(-1) ?? 0), align: 'right' },
      { title: 'Share', cell: (row) => `${row.data.at(-1) ?? 0} %`, align: 'right' },
    ],
    usage.datasets,
    'No device has reported in this time.',
  );
  return usage;
}

export async function showHeldBack(context: Context, options: StatisticsOptions, appIdGiven?: string) {
  const appId = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const heldBack = await client.statistics.heldBack(appId, rangeOf(options));
  context.ui.table(
    [
      { title: 'Day', cell: (row) => row.date },
      { title: 'Store machines', cell: (row) => String(row.store_network), align: 'right' },
      { title: 'New devices', cell: (row) => String(row.new_device), align: 'right' },
      { title: 'Not offered', cell: (row) => String(row.not_offered), align: 'right' },
    ],
    heldBack.data,
    'Nothing was held back in this time.',
  );
  return heldBack;
}

function rangeOf({ days }: StatisticsOptions): { from: string; to: string } {
  const count = Number(days);
  if (!Number.isInteger(count) || count < 1 || count > 730)
    throw new CliError('invalid_days', '--days takes 1 to 730.');
  const now = Date.now();
  // The end is exclusive, and today is a day like any other.
  return { from: new Date(now - count * DAY_MS).toISOString(), to: new Date(now + DAY_MS).toISOString() };
}
