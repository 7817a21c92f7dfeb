// Decides which server a command speaks to and with which key: flag, then environment, then login file, then the app's config.

import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { readProjectSettings } from '../project/project-settings.ts';
import { findLogin } from './login-file.ts';
import { isLoopback } from './loopback.ts';

export interface Connection {
  /** Origin and path prefix, no trailing slash. */
  server: string;
  apikey: string;
}

export async function getConnection(context: Context, options: GlobalOptions): Promise<Connection> {
  const login = await findLogin(context);
  const server = await findServer(context, options);
  const given = options.apikey || context.env.OVERAIR_TOKEN;
  if (!server) {
    throw new CliError('missing_server', 'No server is known.', {
      hint: 'Run overair login, pass --server, or set OVERAIR_SERVER.',
    });
  }
  if (given) return withWarning(context, { server, apikey: given.trim() });
  if (!login) {
    throw new CliError('missing_apikey', 'No API key is known.', {
      hint: 'Run overair login, pass --apikey, or set OVERAIR_TOKEN.',
    });
  }
  // A key is a secret shared with one server: naming another one must not hand it over.
  if (login.server && login.server !== server) {
    throw new CliError('key_of_other_server', `The stored key belongs to ${login.server}, not to ${server}.`, {
      hint: `Run overair login --server ${server}, or pass --apikey.`,
    });
  }
  return withWarning(context, { server, apikey: login.apikey });
}

/** Flag, environment, the project's settings, login file, then the `updateUrl` of the app's config. */
export async function findServer(context: Context, options: GlobalOptions): Promise<string | undefined> {
  const named =
    options.server ||
    context.env.OVERAIR_SERVER ||
    (await readProjectSettings(context.cwd)).server ||
    (await findLogin(context))?.server;
  if (named) return normalizeServer(named);
  const updateUrl = (await findCapacitorConfig(context.cwd))?.updater.updateUrl;
  return typeof updateUrl === 'string' && URL.canParse(updateUrl)
    ? normalizeServer(updateUrl.replace(/\/updates\/?$/, ''))
    : undefined;
}

/** `example.com/` becomes `https://example.com`; anything that is not an http(s) origin with a path is refused. */
export function normalizeServer(text: string): string {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)
    ? trimmed
    : `${isLocal(trimmed) ? 'http' : 'https'}://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new CliError('invalid_server', `"${text}" is not the address of a server.`, {
      hint: 'Write it like https://updates.example.com',
    });
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

const isLocal = (text: string) => isLoopback(text.replace(/(:\d+)?(\/.*)?$/, ''));

function withWarning(context: Context, connection: Connection): Connection {
  warnIfKeyTravelsInClear(context, connection.server);
  return connection;
}

/** To be called before a key is sent, or asked for, that the server is to get. */
export function warnIfKeyTravelsInClear(context: Context, server: string): void {
  const url = new URL(server);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    context.ui.warn(`${server} is not encrypted: the API key can be read on the way. Use https.`);
  }
}
