// `overair push send` and `push-group send`: a push by hand, which says before to how many devices.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError, cancelled, describeError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';
import { getOrganizationId, type OfOrganization } from './organization.ts';

interface MessageOptions {
  text?: string;
  title?: string;
  url?: string;
  /** `all`, or the JSON of an audience. */
  to?: string;
  /** A whole request instead, as JSON. */
  file?: string;
}

export async function sendPush(context: Context, options: GlobalOptions & MessageOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const push = await readRequest(context, options);
  const { client } = await openRemote(context, options);
  const { devices, is_more } = await client.push.reach({ app_id, push });
  await confirmCount(context, devices, is_more);
  const sent = await client.push.send({ app_id, push });
  context.ui.success(`Message ${style.id(sent.msg_id)} is on its way. overair push messages tells how far it came.`);
  return sent;
}

export async function sendGroupPush(context: Context, options: OfOrganization & MessageOptions, group_key: string) {
  const push = await readRequest(context, options);
  const remote = await openRemote(context, options);
  const orgId = await getOrganizationId(remote, options);
  const { devices, is_more } = await remote.client.push.reachGroup({ orgId, group_key, push });
  await confirmCount(context, devices, is_more);
  const sent = await remote.client.push.sendToGroup({ orgId, group_key, push });
  context.ui.table(
    [
      { title: 'App', cell: (row) => style.id(row.app_id) },
      { title: 'Message', cell: (row) => row.msg_id ?? style.warning(row.refusal ?? 'nothing was sent') },
    ],
    sent.apps,
    'The group has no app.',
  );
  return sent;
}

async function confirmCount({ ui }: Context, devices: number, isMore: boolean): Promise<void> {
  if (devices === 0) throw new CliError('no_target', 'Nobody would get it: no registered device fits the audience.');
  const message = `Send it to ${isMore ? 'more than ' : ''}${devices} ${devices === 1 ? 'device' : 'devices'}?`;
  if (!(await ui.confirm({ message, flag: '--yes' }))) throw cancelled();
}

async function readRequest({ cwd }: Pick<Context, 'cwd'>, options: MessageOptions): Promise<Record<string, unknown>> {
  const { text, title, url, to = 'all', file } = options;
  if (file !== undefined) {
    const content = await readFile(resolve(cwd, file), 'utf8').catch((cause) => {
      throw new CliError('unreadable_file', `Cannot read ${file}: ${describeError(cause)}`, { cause });
    });
    return parse(content, `--file ${file}`);
  }
  if (!text) throw new CliError('missing_argument', 'Say what it says: --text <text>, or --file <request.json>.');
  const web = { ...(title && { title }), ...(url && { url }) };
  return {
    to: to === 'all' ? to : parse(to, '--to'),
    body: {
      platform: 'all',
      notification: {
        alert: text,
        ...(title && { android: { title }, ios: { alert: { title, body: text } } }),
        ...(Object.keys(web).length > 0 && { web }),
      },
    },
  };
}

function parse(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // As below.
  }
  throw new CliError('invalid_argument', `${where} is not a JSON object${where === '--to' ? ', nor all' : ''}.`);
}
