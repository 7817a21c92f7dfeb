// Gets an API key by the owner's approval in a browser, the device authorization of RFC 8628.

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@overair/protocol/client';
import type { KeyMode } from '@overair/protocol/manage/apikey';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { style } from '../terminal/style.ts';
import { openBrowser } from './browser.ts';
import { connect } from './client.ts';

type ConnectMethods = Client['connect'];

/** RFC 8628, 3.5: what `slow_down` adds. */
const SLOW_DOWN_SECONDS = 5;
/** The server ends the waiting; this is for one that does not. */
const GRACE_MS = 60_000;

/** The key. Throws when the owner denies, or does not decide in time. */
export async function getApprovedKey(context: Context, server: string, mode: KeyMode): Promise<string> {
  if (!context.ui.attended) {
    throw new CliError('needs_answer', 'Nobody can approve here: there is no terminal.', {
      hint: 'Pass --apikey <key>, or set OVERAIR_TOKEN.',
    });
  }
  const { client } = await connect({ server, apikey: '' });
  const codes = await client.connect.ask({ client_name: `overair on ${hostname()}`.slice(0, 100), mode });
  // At the address that this machine has just reached: the one that the server believes to have may be another.
  const url = `${server}/connect?user_code=${encodeURIComponent(codes.user_code)}`;
  const opened = await openBrowser(url, context.env);
  context.ui.instruct(`${opened ? 'Approve in the browser that opens now, or at' : 'Approve at'} ${style.path(url)}`);
  context.ui.instruct(
    `  with the code ${style.id(codes.user_code)}, within ${Math.round(codes.expires_in / 60)} minutes. Waiting …`,
  );
  return waitForKey(client.connect, codes);
}

interface Waiting {
  device_code: string;
  expires_in: number;
  interval: number;
}

async function waitForKey(methods: ConnectMethods, { device_code, expires_in, interval }: Waiting): Promise<string> {
  const endsAtMs = Date.now() + expires_in * 1000 + GRACE_MS;
  let pauseSeconds = Math.max(1, interval);
  while (Date.now() < endsAtMs) {
    await sleep(pauseSeconds * 1000);
    try {
      return (await methods.fetchKey(device_code)).key;
    } catch (error) {
      pauseSeconds += pauseAfter(error);
    }
  }
  throw expired();
}

/** Seconds to wait longer from now on; throws what ends the waiting. */
function pauseAfter(error: unknown): number {
  const { name, code, status = 0 } = error as { name: string; code?: string; status?: number };
  // A lost connection, or a server that restarts, may come back while the owner decides.
  if (name === 'NetworkError' || status >= 500 || code === 'authorization_pending') return 0;
  if (code === 'slow_down') return SLOW_DOWN_SECONDS;
  if (code === 'access_denied') throw new CliError('access_denied', 'The owner denied the request.', { cause: error });
  if (code === 'expired_token') throw expired();
  throw error;
}

const expired = () =>
  new CliError('expired_token', 'Nobody approved in time.', { hint: 'Run the command again for a new code.' });
