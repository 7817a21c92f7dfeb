// Checks against the server: is it reachable, does it know the key and the app, does the app's config point to it.

import type { Bundle } from '@overair/protocol/manage/bundle';
import type { Channel } from '@overair/protocol/manage/channel';
import { type CliError, describeError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { explainFailure } from '../failure.ts';
import type { CapacitorConfig } from '../project/capacitor-config.ts';
import { configuredKeyId } from '../project/public-key.ts';
import { writeUpdaterSettings } from '../project/updater-settings.ts';
import { connect, listAll, type Remote } from '../remote/client.ts';
import { findServer, getConnection } from '../remote/connection.ts';
import { isLoopback } from '../remote/loopback.ts';
import { send } from '../remote/network.ts';
import { checkArrival } from './arrival-check.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Signed download URLs and key expiry dates go by the clock. */
const MAX_CLOCK_DIFFERENCE_MS = 5 * 60_000;
const ANSWER_TIMEOUT_MS = 10_000;

const DEVICE_URLS = { updateUrl: '/updates', statsUrl: '/stats', channelUrl: '/channel_self' } as const;

export async function checkServer(
  context: Context,
  options: GlobalOptions,
  config: CapacitorConfig | undefined,
): Promise<Finding[]> {
  let server: string | undefined;
  try {
    server = await findServer(context, options);
  } catch (error) {
    return [problem('server', describeError(error), 'Pass --server with its address.')];
  }
  if (!server) return [problem('server', 'No server is known.', 'Run overair login.')];
  const reachable = await checkReachable(server);
  const urls = config ? checkDeviceUrls(context, config, server) : [];
  if (reachable.some(({ status }) => status === 'problem')) return [...reachable, ...urls];
  return [...reachable, ...urls, ...(await checkKeyAndApp(context, options, config))];
}

async function checkReachable(server: string): Promise<Finding[]> {
  try {
    const response = await send(`${server}/ok`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: 'manual',
    });
    const body = (await response.json().catch(() => undefined)) as
      | { status?: string; forwarded_for?: string }
      | undefined;
    if (response.status !== 200 || body?.status !== 'ok') {
      const message = `${server} answers, but not like an Overair server (HTTP ${response.status}).`;
      return [problem('server', message, 'Check the address; a proxy may stand before the server.')];
    }
    return [
      ok('server', `${server} is up`),
      ...checkForwarded(body.forwarded_for),
      ...checkClock(response),
      ...checkTls(server),
    ];
  } catch (error) {
    const { message, hint } = error as CliError;
    return [problem('server', message, hint ?? 'Is it running? Is the certificate valid? Does a firewall block it?')];
  }
}

/** The server says of this very request that a proxy forwarded it, and that it did not believe for whom. */
function checkForwarded(forwardedFor: string | undefined): Finding[] {
  if (forwardedFor !== 'ignored') return [];
  return [
    warning(
      'trust_proxy',
      'A proxy that the server does not trust is between you and it. If it stands in front of the server, everybody shares one address in limits and logs.',
      "Set OVERAIR_TRUST_PROXY on the server to the proxy's address, or to loopback when it runs on the same machine.",
    ),
  ];
}

function checkClock(response: Response): Finding[] {
  const sent = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(sent)) return [];
  const differenceMs = Math.abs(Date.now() - sent);
  if (differenceMs < MAX_CLOCK_DIFFERENCE_MS) return [ok('clock', 'Your clock and the server agree')];
  const minutes = Math.round(differenceMs / 60_000);
  return [problem('clock', `Your clock and the server's are ${minutes} minutes apart.`, 'Set both by network time.')];
}

function checkTls(server: string): Finding[] {
  const { protocol, hostname } = new URL(server);
  if (protocol === 'https:') return [ok('tls', 'The connection is encrypted')];
  if (isLoopback(hostname)) {
    return [
      warning(
        'tls',
        'The server is on this machine: phones cannot reach it under that address.',
        'Use a public https address in the config.',
      ),
    ];
  }
  return [problem('tls', 'The connection is not encrypted; iOS refuses such servers.', 'Put the server behind https.')];
}

function checkDeviceUrls({ cwd }: Context, config: CapacitorConfig, server: string): Finding[] {
  const wrong = Object.entries(DEVICE_URLS).filter(([key, path]) => config.updater[key] !== server + path);
  if (wrong.length === 0) return [ok('device_urls', 'The app asks this server for updates')];
  return wrong.map(([key, path]) => {
    const found = config.updater[key];
    const message = found ? `${key} points to ${String(found)}` : `${key} is not set, so the app asks another service.`;
    const fix = `Set plugins.CapacitorUpdater.${key} to ${server}${path}`;
    // Only a missing URL is safe to add: a different one may be a choice.
    return found
      ? warning('device_urls', message, fix)
      : problem('device_urls', message, fix, async () => {
          await writeUpdaterSettings(cwd, config.path, { [key]: server + path });
        });
  });
}

async function checkKeyAndApp(
  context: Context,
  options: GlobalOptions,
  config: CapacitorConfig | undefined,
): Promise<Finding[]> {
  try {
    const remote = await connect(await getConnection(context, options));
    const organizations = await remote.client.organizations.list();
    const known = ok('api_key', `The API key works (${organizations.map(({ name }) => name).join(', ')})`);
    if (!config?.appId) return [known];
    const findings = await checkApp(remote, config.appId, config);
    if (findings.some(({ status, check }) => check === 'app' && status === 'problem')) return [known, ...findings];
    const { server } = remote.connection;
    return [known, ...findings, ...(await checkArrival(context.cwd, server, config.appId))];
  } catch (error) {
    const failure = explainFailure(error);
    return [problem('api_key', failure.message, failure.hint ?? 'Run overair login.')];
  }
}

async function checkApp({ client }: Remote, app_id: string, config: CapacitorConfig): Promise<Finding[]> {
  try {
    await client.apps.get(app_id);
  } catch (error) {
    const failure = explainFailure(error);
    return [problem('app', `${app_id}: ${failure.message}`, 'Register it with overair app add.')];
  }
  const [channels, bundles] = await Promise.all([
    listAll((page) => client.channels.list({ app_id, page })),
    listAll((page) => client.bundles.list({ app_id, page })),
  ]);
  return [
    ok('app', `The server knows ${app_id}`),
    checkDefaultChannel(channels),
    ...checkServedBundles(config, channels, bundles),
  ];
}

function checkDefaultChannel(channels: Channel[]): Finding {
  const defaults = channels.filter((channel) => channel.public).map((channel) => channel.name);
  return defaults.length > 0
    ? ok('default_channel', `New devices follow ${defaults.join(', ')}`)
    : warning(
        'default_channel',
        'No channel is the default, so new devices get nothing.',
        'overair channel set production --default',
      );
}

/** A phone opens only what its own key's other half has sealed. */
function checkServedBundles(config: CapacitorConfig, channels: Channel[], bundles: Bundle[]): Finding[] {
  let keyId: string | undefined;
  try {
    keyId = configuredKeyId(config);
  } catch {
    return []; // Reported by the checks of the project.
  }
  const own = config.updater.defaultChannel;
  const watched = channels.filter((channel) =>
    typeof own === 'string' && own ? channel.name === own : channel.public,
  );
  const findings = watched.flatMap((channel) => {
    const bundle = bundles.find(({ id }) => id === channel.version?.id);
    const sealed = bundle?.key_id ?? undefined;
    if (!bundle || sealed === keyId || (bundle.session_key && !sealed)) return [];
    const holds = keyId ? `the app holds key ${keyId}` : 'the app holds no key';
    const made = sealed ? `was made with key ${sealed}` : 'is not encrypted';
    const message = `Bundle ${bundle.name} on ${channel.name} ${made}, but ${holds}: phones refuse it.`;
    return [
      problem(
        'served_key',
        message,
        'Upload again with the key of the app, or save the right key with overair key save.',
      ),
    ];
  });
  const checked = watched.some((channel) => channel.version);
  return findings.length === 0 && checked
    ? [ok('served_key', 'The bundle on offer fits the key of the app')]
    : findings;
}
