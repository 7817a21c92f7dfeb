// `overair release watch|outcomes|failures`: what became of a bundle on the phones.

import { setTimeout as delay } from 'node:timers/promises';
import type { FailureGroups, Outcomes, ReadOutcomes } from '@overair/protocol/manage/outcomes';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote, type Remote } from '../remote/client.ts';
import { formatDuration, style } from '../terminal/style.ts';
import { renderTable } from '../terminal/table.ts';
import { planLine } from './release-plan.ts';

export interface OutcomeOptions extends GlobalOptions {
  bundle?: string;
  channel?: string;
  platform?: 'ios' | 'android' | 'electron';
  native?: string;
  builds?: 'production' | 'test' | 'all';
}

export interface FailureOptions extends OutcomeOptions {
  days: string;
}

const POLL_MS = 2000;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_FAILURE_DAYS = 31;

/** Live in a terminal until Ctrl-C; elsewhere, and with `--json`, once. */
export async function watchRelease(context: Context, options: OutcomeOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const read = () => client.apps.outcomes(app_id, { ...filterOf(options), bucket: 'minute' });
  const look = async (outcomes: Outcomes) =>
    [describe(app_id, options, outcomes), ...(await planLines(client, app_id, options))].join('\n');
  let outcomes = await read();
  let shown = await look(outcomes);
  context.ui.say(shown);
  while (context.ui.interactive && process.stdout.isTTY) {
    await delay(POLL_MS);
    outcomes = await read();
    const next = await look(outcomes);
    // Up to the first line of what is shown, and all below it cleared.
    process.stdout.write(`\u001B[${shown.split('\n').length}F\u001B[0J`);
    context.ui.say(next);
    shown = next;
  }
  return { app_id, ...outcomes };
}

/** What the plans under way wait for. */
async function planLines({ releases }: Remote['client'], app_id: string, { channel, bundle }: OutcomeOptions) {
  const newest = await releases.list({ app_id, ...(channel && { channel }) });
  return newest.filter((each) => !bundle || each.bundle === bundle).flatMap((each) => planLine(each) ?? []);
}

export async function showOutcomes(context: Context, options: OutcomeOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const outcomes = await client.apps.outcomes(app_id, filterOf(options));
  context.ui.say(describe(app_id, options, outcomes));
  return { app_id, ...outcomes };
}

export async function showFailures(context: Context, options: FailureOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const days = Number(options.days);
  if (!Number.isInteger(days) || days < 1 || days > MAX_FAILURE_DAYS) {
    throw new CliError('invalid_days', `--days takes 1 to ${MAX_FAILURE_DAYS}.`);
  }
  const { client } = await openRemote(context, options);
  const from = new Date(Date.now() - days * DAY_MS).toISOString();
  const failures: FailureGroups = await client.apps.failures(app_id, { ...filterOf(options), from });
  context.ui.table(
    [
      { title: 'Bundle', cell: (row) => (row.bundle ? style.version(row.bundle) : '') },
      { title: 'Action', cell: (row) => row.action },
      { title: 'Fault of', cell: (row) => row.class },
      { title: 'Devices', cell: (row) => String(row.devices), align: 'right' },
      { title: 'Share', cell: (row) => (row.rate === null ? '' : percent(row.rate)), align: 'right' },
      { title: 'Message', cell: (row) => (row.message ?? '').replaceAll(/\s+/g, ' ').slice(0, 80) },
    ],
    failures.data,
    'Nothing has failed in this time.',
  );
  return { app_id, ...failures };
}

function filterOf({ bundle, channel, platform, native, builds }: OutcomeOptions): ReadOutcomes {
  return {
    ...(bundle && { bundle }),
    ...(channel && { channel }),
    ...(platform && { platform }),
    ...(native && { native }),
    ...(builds && { builds }),
  };
}

function describe(app_id: string, { bundle, channel }: OutcomeOptions, { total, latency, to }: Outcomes): string {
  const { failed, reached, refused } = total;
  const what = bundle ? style.version(bundle) : 'all bundles';
  const where = channel ? ` on ${style.id(channel)}` : '';
  const rows: [name: string, devices: number, note: string][] = [
    ['offered', total.offered, `${reached.offered} were offered it`],
    ['downloaded', total.downloaded, `${reached.downloaded} downloaded it`],
    ['running', total.running, `${reached.running} ran it`],
    ['failed: bundle', failed.bundle, ''],
    ['failed: crash', failed.crash, ''],
    ['failed: network', failed.network, ''],
    ['failed: device', failed.device, ''],
    ...Object.entries(refused).map(([code, count]): [string, number, string] => [`refused: ${code}`, count, '']),
    ['silent', total.silent, 'offered, and not heard of for a day'],
  ];
  const table = renderTable(
    [
      { title: 'Word', cell: ([name]) => (name.startsWith('failed') ? style.danger(name) : name) },
      { title: 'Devices', cell: ([, devices]) => String(devices), align: 'right' },
      { title: '', cell: ([, , note]) => style.muted(note) },
    ],
    rows.filter(([name, devices, note]) => devices > 0 || note !== '' || name === 'failed: bundle'),
  );
  const [all] = latency;
  const spread = all && `From promotion to start: half within ${seconds(all.p50)}, 95 % within ${seconds(all.p95)}`;
  const head = `${style.id(app_id)}  ${what}${where}  ${style.muted(to.slice(0, 19).replace('T', ' '))}`;
  return [head, table, ...(spread ? [style.muted(spread)] : [])].join('\n');
}

const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;

const seconds = (value: number) => (value < 3600 ? formatDuration(value * 1000) : `${(value / 3600).toFixed(1)} h`);
