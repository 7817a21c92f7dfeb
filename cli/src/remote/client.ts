// Opens the typed client of the server that this command speaks to; loaded on first use, so that `--version` stays fast.

import type { Client } from '@overair/protocol/client';
import { cliVersion } from '../cli-version.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { type Connection, getConnection } from './connection.ts';
import { namingWhatIsMissing } from './missing-names.ts';
import { send } from './network.ts';

export interface Remote {
  client: Client;
  connection: Connection;
}

export async function openRemote(context: Context, options: GlobalOptions): Promise<Remote> {
  return connect(await getConnection(context, options));
}

export async function connect(connection: Connection): Promise<Remote> {
  const { createClient } = await import('@overair/protocol/client');
  const client = createClient({
    server: connection.server,
    apiKey: connection.apikey,
    userAgent: `overair-cli/${cliVersion()}`,
    fetch: fetchFromServerOnly,
  });
  return { client: namingWhatIsMissing(client), connection };
}

// A redirect could carry the key to another host; a wrong address is better named than followed.
const fetchFromServerOnly: typeof fetch = async (input, init) => {
  const response = await send(input, { ...init, redirect: 'manual' });
  if (response.status < 300 || response.status >= 400) return response;
  const target = response.headers.get('location') ?? 'nowhere';
  await response.body?.cancel();
  throw new Error(`the server redirects to ${target}; use the address that does not redirect`);
};

/** All pages of a list whose pages hold up to 50 rows. */
export async function listAll<Row>(list: (page: number) => Promise<Row[]>, pageSize = 50): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 0; page < 10_000; page += 1) {
    const found = await list(page);
    rows.push(...found);
    if (found.length < pageSize) break;
  }
  return rows;
}
