// `overair apikey …`: keys for people, CI jobs and scripts; a key is shown once, when it is made.

import type { ApiKey, KeyMode } from '@overair/protocol/manage/apikey';
import { CliError, cancelled } from '../cli-error.ts';
import { splitList } from '../comma-list.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export interface CreateApiKeyOptions extends GlobalOptions {
  mode: KeyMode;
  /** Comma list of app ids. */
  app?: string;
  org?: string;
  /** Comma list of channels, by name. */
  channel?: string;
  expires?: string;
}

/** `--app "$APP"` with an empty variable must not make a key for everything. */
function limit(flag: string, text: string): string[] {
  const names = splitList(text);
  if (names.length > 0) return names;
  throw new CliError('missing_argument', `${flag} names nothing.`, {
    hint: 'Leave it out for a key without this limit.',
  });
}

const DAY_MS = 24 * 60 * 60_000;

export async function createApiKey(context: Context, options: CreateApiKeyOptions, name: string) {
  if (options.channel !== undefined && options.app === undefined) {
    throw new CliError('missing_argument', '--channel needs --app.', { hint: 'Channels are named within an app.' });
  }
  const { client } = await openRemote(context, options);
  const created = await client.keys.create({
    name,
    mode: options.mode,
    ...(options.app !== undefined && { limited_to_apps: limit('--app', options.app) }),
    ...(options.channel !== undefined && { limited_to_channels: limit('--channel', options.channel) }),
    ...(options.org !== undefined && { limited_to_orgs: limit('--org', options.org) }),
    ...(options.expires ? { expires_at: expiryDate(options.expires) } : {}),
  });
  context.ui.success(`Key ${style.id(created.name)} (${created.mode}), shown only now:`);
  context.ui.say(created.key);
  return created;
}

export async function listApiKeys(context: Context, options: GlobalOptions) {
  const { client } = await openRemote(context, options);
  const keys = await client.keys.list();
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id), align: 'right' },
      { title: 'Name', cell: (row) => row.name },
      { title: 'May', cell: (row) => row.mode ?? rolesOf(row) },
      { title: 'Apps', cell: (row) => row.limited_to_apps.join(', ') || (row.bindings ? '' : 'all') },
      { title: 'Channels', cell: (row) => row.limited_to_channels?.join(', ') ?? '' },
      { title: 'Expires', cell: (row) => row.expires_at?.slice(0, 10) ?? 'never' },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 10) },
    ],
    keys,
    'No keys.',
  );
  return keys;
}

const rolesOf = ({ bindings }: ApiKey) => (bindings ?? []).map(({ role_name }) => role_name).join(', ');

export async function regenerateApiKey(context: Context, options: GlobalOptions, id: string) {
  const { client } = await openRemote(context, options);
  const message = `Replace key ${id}? Whoever uses the old one is locked out at once.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const created = await client.keys.regenerate(id);
  context.ui.success(`Key ${style.id(created.name)} has a new value, shown only now:`);
  context.ui.say(created.key);
  return created;
}

export async function deleteApiKey(context: Context, options: GlobalOptions, id: string) {
  const { client } = await openRemote(context, options);
  const message = `Delete key ${id}? Whoever uses it is locked out at once.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  await client.keys.delete(id);
  context.ui.success(`Key ${style.id(id)} is deleted.`);
  return { id, deleted: true };
}

/** `90d` counts from now; anything else must be a date. */
export function expiryDate(text: string, now = Date.now()): string {
  const days = /^(\d+)d$/.exec(text)?.[1];
  const time = days ? now + Number(days) * DAY_MS : Date.parse(text);
  if (Number.isFinite(time) && time > now) return new Date(time).toISOString();
  throw new CliError('invalid_expiration_date', `"${text}" is not a time in the future.`, {
    hint: 'Write 90d or 2030-01-31.',
  });
}
