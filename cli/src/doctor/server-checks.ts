// Checks against the server: is it reachable, does it know the key and the app, does the app's config point to it.

import { describeError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { explainFailure } from '../failure.ts';
import type { CapacitorConfig } from '../project/capacitor-config.ts';
import { writeUpdaterSetting } from '../project/public-key.ts';
import { connect, type Remote } from '../remote/client.ts';
import { findServer, getConnection } from '../remote/connection.ts';
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
  const urls = config ? checkDeviceUrls(config, server) : [];
  if (reachable.some(({ status }) => status === 'problem')) return [...reachable, ...urls];
  return [...reachable, ...urls, ...(await checkKeyAndApp(context, options, config))];
}

async function checkReachable(server: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${server}/ok`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: 'manual',
    });
    const body = (await response.json().catch(() => undefined)) as { status?: string } | undefined;
    if (response.status !== 200 || body?.status !== 'ok') {
      const message = `${server} answers, but not like an Overair server (HTTP ${response.status}).`;
      return [problem('server', message, 'Check the address; a proxy may stand before the server.')];
    }
    return [ok('server', `${server} is up`), ...checkClock(response), ...checkTls(server)];
  } catch (error) {
    const { cause } = error as Error;
    const message = `${server} cannot be reached: ${describeError(cause instanceof Error ? cause : error)}`;
    return [problem('server', message, 'Is it running? Is the certificate valid? Does a firewall block it?')];
  }
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
  if (/^(localhost|127\.|\[::1\])/.test(hostname)) {
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

function checkDeviceUrls(config: CapacitorConfig, server: string): Finding[] {
  const wrong = Object.entries(DEVICE_URLS).filter(([key, path]) => config.updater[key] !== server + path);
  if (wrong.length === 0) return [ok('device_urls', 'The app asks this server for updates')];
  return wrong.map(([key, path]) => {
    const found = config.updater[key];
    const message = found ? `${key} points to ${String(found)}` : `${key} is not set, so the app asks another service.`;
    const fix = `Set plugins.CapacitorUpdater.${key} to ${server}${path}`;
    // Only a missing URL is safe to add: a different one may be a choice.
    return found
      ? warning('device_urls', message, fix)
      : problem('device_urls', message, fix, () => writeUpdaterSetting(config.path, key, server + path));
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
    return config?.appId ? [known, await checkApp(remote, config.appId)] : [known];
  } catch (error) {
    const failure = explainFailure(error);
    return [problem('api_key', failure.message, failure.hint ?? 'Run overair login.')];
  }
}

async function checkApp({ client }: Remote, appId: string): Promise<Finding> {
  try {
    await client.apps.get(appId);
    return ok('app', `The server knows ${appId}`);
  } catch (error) {
    const failure = explainFailure(error);
    return problem('app', `${appId}: ${failure.message}`, 'Register it with overair app add.');
  }
}
