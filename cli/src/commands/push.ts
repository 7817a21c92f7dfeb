// `overair push …`: push for one app, its secrets and its accounts at Apple, Google and the browsers.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client } from '@overair/protocol/client';
import { withoutUndefined } from '@overair/protocol/without-undefined';
import { CliError, cancelled, describeError } from '../cli-error.ts';
import { splitList } from '../comma-list.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

export async function showPush(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const push = await client.push.app({ app_id });
  const { ui } = context;
  ui.say(`AppKey ${style.id(push.app_key)}, push is ${push.enabled ? style.success('on') : style.warning('off')}`);
  ui.say(
    `Reachable: ${
      Object.entries(push.devices)
        .map(([platform, count]) => `${count} ${platform}`)
        .join(', ') || 'nobody yet'
    }`,
  );
  if (push.web_origins.length > 0) ui.say(`Sites that may subscribe: ${push.web_origins.join(', ')}`);
  if (push.allowed_ips.length > 0) ui.say(`Only these addresses may send: ${push.allowed_ips.join(', ')}`);
  ui.table(
    [
      { title: 'Service', cell: (row) => row.channel },
      { title: 'State', cell: (row) => stateOf(row) },
      { title: 'Changed', cell: (row) => row.updated_at.slice(0, 10) },
    ],
    push.credentials,
    'No push service is set up. overair push credential sets one up.',
  );
  for (const { channel, services } of push.credentials) {
    for (const { service, failure, paused_until } of services) {
      if (!failure) continue;
      ui.warn(`${[channel, service].filter(Boolean).join(' ')} is paused until ${minute(paused_until)}: ${failure}`);
    }
  }
  if (push.credentials.some(({ failure }) => failure)) {
    ui.say('Messages wait meanwhile. Mend the account, or end the pause with overair push resume <service>.');
  }
  return push;
}

type Credential = Awaited<ReturnType<typeof showPush>>['credentials'][number];

function stateOf({ failure, services }: Credential): string {
  if (failure) return style.danger('paused');
  return services.some(({ accepted_at }) => accepted_at) ? style.success('works') : 'not used yet';
}

const minute = (time: string | null): string => (time ?? '').slice(0, 16).replace('T', ' ');

export async function resumePush(context: Context, options: GlobalOptions, channel: PushService, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const { ended } = await client.push.resume({ app_id, channel });
  context.ui.success(ended > 0 ? `${channel} is tried again now.` : `${channel} was not paused.`);
  return { app_id, channel, ended };
}

export async function enablePush(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const body = { app_id };
  const enabled = await client.push.enable(body);
  context.ui.success(`Push is on for ${style.id(app_id)}. The master secret is shown only now:`);
  context.ui.say(`  AppKey         ${enabled.app_key}\n  Master secret  ${enabled.master_secret}`);
  return enabled;
}

type PushChange = Parameters<Client['push']['update']>[0];

export interface PushOptions extends GlobalOptions {
  /** Comma list. */
  origins?: string;
  url?: string;
  icon?: string;
  /** Comma list. */
  allowedIps?: string;
  webActiveDays?: string;
  enable?: boolean;
  disable?: boolean;
}

export async function setPush(context: Context, options: PushOptions, appIdGiven?: string) {
  const { origins, url, icon, allowedIps, webActiveDays, enable, disable } = options;
  const changes = withoutUndefined<Omit<PushChange, 'app_id'>>({
    web_origins: origins === undefined ? undefined : splitList(origins),
    default_url: url === undefined ? undefined : url || null,
    default_icon: icon === undefined ? undefined : icon || null,
    allowed_ips: allowedIps === undefined ? undefined : splitList(allowedIps),
    web_active_days: webActiveDays === undefined ? undefined : parseDays(webActiveDays),
    enabled: enable ? true : disable ? false : undefined,
  });
  if (Object.keys(changes).length === 0) throw new CliError('missing_argument', 'Nothing to set.');
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  await client.push.update({ app_id, ...changes });
  context.ui.success(`Push of ${style.id(app_id)} is changed.`);
  return { app_id, ...changes };
}

function parseDays(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 3650) return Number(text);
  throw new CliError('invalid_days', `--web-active-days takes days from 0 to 3650, not "${text}".`);
}

export async function rotatePushSecret(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const message = `Give ${app_id} a new master secret? The old one opens for one more day.`;
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const rotated = await client.push.rotateSecret({ app_id });
  context.ui.success('The new master secret, shown only now:');
  context.ui.say(rotated.master_secret);
  return rotated;
}

export type PushService = 'webpush' | 'fcm' | 'apns';

export interface CredentialOptions extends GlobalOptions {
  /** The service account (FCM) or the .p8 key (APNs). */
  file?: string;
  keyId?: string;
  teamId?: string;
  bundleId?: string;
  subject?: string;
  /** Comma list. */
  hosts?: string;
  baseUrl?: string;
  ca?: string;
  remove?: boolean;
}

export async function setCredential(
  context: Context,
  options: CredentialOptions,
  service: PushService,
  appIdGiven?: string,
) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  if (options.remove) {
    const message = `Remove the ${service} account of ${app_id}? Its devices get no push any more.`;
    if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
    await client.push.deleteCredential({ app_id, channel: service });
    context.ui.success(`${service} is removed.`);
    return { app_id, service, removed: true };
  }
  const credential = await readCredential(context, options, service, app_id);
  await client.push.saveCredential({ app_id, channel: service, credential });
  context.ui.success(`${service} is set up. The server keeps its secret encrypted and never shows it.`);
  return { app_id, service, removed: false };
}

async function readCredential(
  context: Context,
  options: CredentialOptions,
  service: PushService,
  app_id: string,
): Promise<Record<string, unknown>> {
  const { subject, hosts, file, keyId, teamId, bundleId, baseUrl } = options;
  const ca = options.ca ? { ca: await readText(context, options.ca) } : {};
  if (service === 'webpush') {
    const contact = need(subject, '--subject', 'mailto: or https: contact');
    return { subject: contact, ...(hosts ? { hosts: splitList(hosts) } : {}), ...ca };
  }
  if (service === 'apns') {
    return {
      p8: await readText(context, need(file, '--file', '.p8 key')),
      key_id: need(keyId, '--key-id', 'id of the key'),
      team_id: need(teamId, '--team-id', 'id of the team'),
      bundle_id: bundleId ?? app_id,
      ...(baseUrl ? { production_url: baseUrl, sandbox_url: baseUrl } : {}),
      ...ca,
    };
  }
  const service_account = await readServiceAccount(context, need(file, '--file', 'service account JSON'));
  return { service_account, ...(baseUrl ? { base_url: baseUrl } : {}), ...ca };
}

/** The file that the Firebase console hands out; its other files, such as google-services.json, are mistaken for it. */
async function readServiceAccount(context: Context, file: string): Promise<object> {
  const text = await readText(context, file);
  let account: { private_key?: unknown } | null = null;
  try {
    account = JSON.parse(text);
  } catch {
    // The parser's words would repeat a part of the key.
  }
  if (typeof account?.private_key === 'string') return account;
  throw new CliError('invalid_credential', `${resolve(context.cwd, file)} is not the JSON of a service account.`, {
    hint: 'Firebase console > Project settings > Service accounts > Generate new private key.',
  });
}

async function readText(context: Context, file: string): Promise<string> {
  const path = resolve(context.cwd, file);
  return readFile(path, 'utf8').catch((cause) => {
    throw new CliError('unreadable_file', `Cannot read ${path}: ${describeError(cause)}`, { cause });
  });
}

function need(value: string | undefined, flag: string, what: string): string {
  if (value) return value;
  throw new CliError('missing_argument', `Which ${what}?`, { hint: `Pass ${flag}.` });
}

export async function wakePhones(context: Context, options: GlobalOptions, channel: string, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const { sent, msg_id, reason } = await client.push.release({ app_id, channel });
  if (!sent) throw new CliError('nobody_told', `The phones of channel ${channel} were not told: ${reason}`);
  context.ui.success(`The phones of channel ${style.id(channel)} are told to look for an update now ${msg_id}`);
  return { app_id, channel, msg_id };
}

interface SentMessage {
  msg_id: string;
  state: string;
  created_at: string;
  targets: number;
  sent: number;
  delivered: number;
  clicks: number;
  failed: number;
}

export async function listPushMessages(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const messages = await client.push.messages({ app_id });
  const number = (title: string, cell: (row: SentMessage) => number) => ({
    title,
    cell: (row: SentMessage) => String(cell(row)),
    align: 'right' as const,
  });
  context.ui.table(
    [
      { title: 'Message', cell: (row) => style.id(row.msg_id) },
      { title: 'State', cell: (row) => row.state },
      { title: 'Created', cell: (row) => row.created_at.slice(0, 16).replace('T', ' ') },
      number('Targets', (row) => row.targets),
      number('Sent', (row) => row.sent),
      number('Delivered', (row) => row.delivered),
      number('Clicked', (row) => row.clicks),
      number('Failed', (row) => row.failed),
    ],
    messages,
    'No message was sent yet.',
  );
  return messages;
}
