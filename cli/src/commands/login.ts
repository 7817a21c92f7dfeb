// `overair login`: gets a key or takes one, checks it against its server and remembers both, readable by you alone.

import type { KeyMode } from '@overair/protocol/manage/apikey';
import { CliError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { hideFromGit, isInRepository } from '../project/git-ignore.ts';
import { getApprovedKey } from '../remote/approval.ts';
import { connect, type Remote } from '../remote/client.ts';
import { findServer, normalizeServer, warnIfKeyTravelsInClear } from '../remote/connection.ts';
import { homeLoginFile, LOGIN_FILE_NAME, projectLoginFile, saveLogin } from '../remote/login-file.ts';
import { style } from '../terminal/style.ts';

export interface LoginOptions extends GlobalOptions {
  local?: boolean;
  /** Have the key approved in a browser, whatever other key is around. */
  browser?: boolean;
  /** Of a key from the browser; `write` unless told: enough to register apps and release bundles. */
  mode?: KeyMode;
}

export async function login(context: Context, options: LoginOptions, keyGiven?: string) {
  const server = (await knownServer(context, options)) ?? normalizeServer(await askServer(context));
  warnIfKeyTravelsInClear(context, server);
  const apikey = options.browser
    ? await getApprovedKey(context, server, options.mode ?? 'write')
    : (keyGiven ?? options.apikey ?? context.env.OVERAIR_TOKEN ?? (await askKey(context, server, options))).trim();
  const organizations = await checkKey(await connect({ server, apikey }));
  if (options.local && !(await isInRepository(context.cwd))) {
    throw new CliError(
      'not_a_repository',
      'This folder is not in a git repository, so --local has nowhere to hide the key.',
      {
        hint: 'Leave --local out to log in for your whole account.',
      },
    );
  }
  const path = options.local ? projectLoginFile(context) : homeLoginFile(context);
  await saveLogin(path, { server, apikey });
  if (options.local) await hideFromGit(context.cwd, LOGIN_FILE_NAME);
  context.ui.success(`Logged in to ${style.path(server)} (${organizations.map(({ name }) => name).join(', ')})`);
  context.ui.say(`  kept in ${style.path(path)}`);
  return { server, organizations: organizations.map(({ id, name }) => ({ id, name })), file: path };
}

/** A damaged login file must not stop the command that replaces it. */
async function knownServer(context: Context, options: LoginOptions): Promise<string | undefined> {
  return findServer(context, options).catch((error: unknown) => {
    if (error instanceof CliError && error.code === 'invalid_login') return undefined;
    throw error;
  });
}

async function checkKey({ client }: Remote) {
  const organizations = await client.organizations.list();
  if (organizations.length > 0) return organizations;
  throw new CliError('no_organization', 'The server knows the key, but it belongs to no organization.');
}

const askServer = (context: Context) =>
  context.ui.text({
    message: 'Address of your Overair server',
    flag: '--server <url>',
    placeholder: 'https://updates.example.com',
  });

async function askKey(context: Context, server: string, { mode = 'write' }: LoginOptions): Promise<string> {
  const way = await context.ui.select({
    message: `How do you want to log in to ${server}?`,
    flag: '--apikey <key>, or --browser on a terminal',
    choices: [
      { value: 'browser', label: 'Approve in the browser', hint: 'makes a key of its own for this machine' },
      { value: 'key', label: 'Paste an API key', hint: "the first one is shown at the server's first start" },
    ],
  });
  return way === 'browser'
    ? getApprovedKey(context, server, mode)
    : context.ui.secret({ message: `API key for ${server}`, flag: '--apikey <key>' });
}
