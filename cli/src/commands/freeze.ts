// `overair freeze …`: times in which nothing new is released.

import type { Freeze } from '@overair/protocol/manage/freeze';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface FreezePlace extends GlobalOptions {
  channel?: string;
  /** Id of the organization; then it is not about an app. */
  organization?: string;
}

export interface AddFreezeOptions extends FreezePlace {
  from?: string;
  to: string;
  reason?: string;
}

export async function addFreeze(context: Context, options: AddFreezeOptions, name: string, appIdGiven?: string) {
  const times = { from: timeOf('--from', options.from ?? new Date().toISOString()), to: timeOf('--to', options.to) };
  if (!options.organization && !options.channel) {
    throw new CliError('missing_argument', 'What is to be frozen? Name a --channel, or an --organization by its id.');
  }
  const place = await placeOf(context, options, appIdGiven);
  const { client } = await openRemote(context, options);
  const freeze = await client.freezes.add({
    ...place,
    name,
    ...times,
    ...(options.reason && { reason: options.reason }),
  });
  context.ui.success(`${whereOf(freeze)} is frozen from ${freeze.from} to ${freeze.to}: ${freeze.name}`);
  return freeze;
}

export async function listFreezes(context: Context, options: FreezePlace, appIdGiven?: string) {
  const place = await placeOf(context, options, appIdGiven);
  const { client } = await openRemote(context, options);
  const freezes = await client.freezes.list(place);
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id), align: 'right' },
      { title: 'Where', cell: whereOf },
      { title: 'Name', cell: (row) => row.name },
      { title: 'From', cell: (row) => row.from.slice(0, 16).replace('T', ' ') },
      { title: 'To', cell: (row) => row.to.slice(0, 16).replace('T', ' ') },
      { title: 'By', cell: (row) => row.created_by ?? '' },
    ],
    freezes,
    'Nothing is frozen.',
  );
  return freezes;
}

export async function removeFreeze(context: Context, options: FreezePlace, id: string, appIdGiven?: string) {
  const freeze_id = Number(id);
  if (!Number.isSafeInteger(freeze_id) || freeze_id < 1) {
    throw new CliError('invalid_freeze_id', `"${id}" is not the id of a freeze; overair freeze list shows them.`);
  }
  const place = await placeOf(
    context,
    { ...(options.organization && { organization: options.organization }) },
    appIdGiven,
  );
  const { client } = await openRemote(context, options);
  const answer = await client.freezes.remove({ ...place, freeze_id });
  context.ui.success(`Freeze ${style.id(freeze_id)} is removed.`);
  return answer;
}

async function placeOf(context: Context, { channel, organization }: FreezePlace, appIdGiven: string | undefined) {
  if (organization) return { orgId: organization };
  return { app_id: await getAppId(context, appIdGiven), ...(channel && { channel }) };
}

const whereOf = ({ channel, app_id }: Freeze): string =>
  app_id === null ? 'The organization' : `${channel} of ${app_id}`;

function timeOf(flag: string, text: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new CliError('invalid_time', `${flag} takes a time such as 2026-12-24T00:00Z, not "${text}".`);
}
