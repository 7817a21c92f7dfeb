// `overair release poll|polled|unpoll`: addresses that the server asks for a number about what a channel serves.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

interface PollOptions extends GlobalOptions {
  above?: string;
  below?: string;
  every?: string;
}

/** `overair release poll production crash_free https://example.com/crash-free --below 0.99 --every 300` */
export async function pollNumber(
  context: Context,
  options: PollOptions,
  channel: string,
  name: string,
  url: string,
  appIdGiven?: string,
) {
  const { above, below, every } = options;
  if ((above === undefined) === (below === undefined)) {
    throw new CliError('invalid_bound', 'Say where the number is bad: --above or --below a bound, one of the two.');
  }
  const worse = above === undefined ? 'below' : 'above';
  const bound = numberOf(`--${worse}`, above ?? below ?? '');
  const interval = every === undefined ? {} : { interval_seconds: numberOf('--every', every) };
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const saved = await client.releases.savePolled({ app_id, channel, name, url, bound, worse, ...interval });
  context.ui.say(`${style.id(name)} is asked for every ${saved.interval_seconds} s; it is bad ${worse} ${bound}.`);
  return saved;
}

function numberOf(flag: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new CliError('invalid_number', `${flag} must be a number, not "${text}".`);
}

export async function listPolled(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const polled = await client.releases.listPolled({ app_id });
  context.ui.table(
    [
      { title: 'Channel', cell: (row) => row.channel },
      { title: 'Name', cell: (row) => style.id(row.name) },
      { title: 'Value', cell: (row) => (row.value === null ? '' : String(row.value)), align: 'right' },
      { title: 'Bad', cell: (row) => `${row.worse} ${row.bound}` },
      { title: 'Every', cell: (row) => `${row.interval_seconds} s`, align: 'right' },
      { title: 'Address', cell: (row) => row.url },
      { title: 'Failure', cell: (row) => (row.failure === null ? '' : style.danger(row.failure)) },
    ],
    polled,
    'No number is polled.',
  );
  return polled;
}

export async function unpollNumber(
  context: Context,
  options: GlobalOptions,
  channel: string,
  name: string,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  await client.releases.deletePolled({ app_id, channel, name });
  context.ui.say(`${style.id(name)} is not asked for any more.`);
  return { app_id, channel, name };
}
