// `overair probe`: asks the app's update URL what a phone would ask, and explains the answer.

import { probeDeviceId } from '@overair/protocol/device/probe';
import { CliError, describeError } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { configuredKeyId } from '../project/public-key.ts';
import { findServer } from '../remote/connection.ts';
import { send } from '../remote/network.ts';
import { style } from '../terminal/style.ts';

export interface ProbeOptions extends GlobalOptions {
  platform: 'ios' | 'android' | 'electron';
  /** Version of the installed app. */
  nativeVersion: string;
  /** Bundle that the phone runs. */
  bundle: string;
  channel?: string;
  deviceId?: string;
}

const ANSWER_TIMEOUT_MS = 10_000;

// What to do about a refusal, by its code; the server's own message says what it is.
const HINTS: Record<string, string> = {
  app_not_found: 'Register the app: overair app add.',
  no_channel: 'Make a channel the default: overair channel set production --default.',
  null_channel_data: 'Make a channel the default: overair channel set production --default.',
  no_bundle: 'Give the channel a bundle: overair bundle upload --channel …',
  no_bundle_url: 'The bundle has no bytes; upload it again.',
  key_id_mismatch: 'The bundle was made with another key than the app holds: overair key verify, overair doctor.',
  cannot_update_via_private_channel: 'Let devices choose the channel: overair channel set … --self-assign.',
  disable_auto_update_to_major:
    'The channel holds back new major versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_minor:
    'The channel holds back new minor versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_patch:
    'The channel holds back new patch versions: overair channel set … --disable-auto-update none.',
  disable_auto_update_to_metadata: 'The bundle needs a newer native version; release the app to the stores.',
  disable_auto_update_under_native:
    'The bundle is older than the installed app: overair channel set … --downgrade, or upload a newer one.',
  misconfigured_channel:
    'The channel wants bundles with a minimum version: overair bundle upload --min-update-version …',
  disabled_platform_ios: 'overair channel set … --ios',
  disabled_platform_android: 'overair channel set … --android',
  disabled_platform_electron: 'overair channel set … --electron',
  disable_prod_build: 'overair channel set … --prod',
  disable_dev_build: 'overair channel set … --dev',
  disable_device: 'overair channel set … --device',
  disable_emulator: 'overair channel set … --emulator',
  semver_error: 'The version of the app is no semantic version; pass --native-version.',
  unsupported_plugin_version: 'Update the updater: npm install @capgo/capacitor-updater@^8.51.0.',
};

interface UpdateAnswer {
  version?: string;
  url?: string;
  error?: string;
  message?: string;
  kind?: string;
  manifest?: unknown[];
}

export async function probe(context: Context, options: ProbeOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const url = await findUpdateUrl(context, options);
  const question = await makeQuestion(context, options, app_id);
  const answer = await ask(url, question);
  const { ui } = context;
  const refused = Boolean(answer.error) && answer.error !== 'no_new_version_available' && answer.kind !== 'up_to_date';
  if (refused) {
    const hint = HINTS[answer.error!];
    throw new CliError(answer.error!, `A phone gets no update: ${answer.message ?? answer.error}`, {
      detail: { url, question, answer },
      ...(hint ? { hint } : {}),
    });
  }
  if (answer.version && !answer.error) {
    const files = answer.manifest ? `, ${answer.manifest.length} files one by one` : '';
    ui.success(`A phone with ${options.bundle} gets ${style.version(answer.version)}${files}`);
  } else {
    ui.success(`A phone with ${options.bundle} is up to date.`);
  }
  return { url, question, answer };
}

async function findUpdateUrl(context: Context, options: ProbeOptions): Promise<string> {
  const configured = (await findCapacitorConfig(context.cwd))?.updater.updateUrl;
  if (!options.server && typeof configured === 'string' && URL.canParse(configured)) return configured;
  const server = await findServer(context, options);
  if (server) return `${server}/updates`;
  throw new CliError('missing_server', 'The config has no updateUrl, and no server is known.', {
    hint: 'Run overair init.',
  });
}

async function makeQuestion(context: Context, options: ProbeOptions, app_id: string) {
  const config = await findCapacitorConfig(context.cwd);
  const own = config?.updater.defaultChannel;
  const key_id = configuredKeyId(config);
  return {
    app_id,
    device_id: options.deviceId ?? probeDeviceId,
    version_name: options.bundle,
    version_build: options.nativeVersion,
    version_code: '1',
    version_os: '0',
    is_emulator: false,
    is_prod: true,
    platform: options.platform,
    plugin_version: (await findInstalledUpdater(context.cwd)) ?? '8.51.0',
    defaultChannel: options.channel ?? (typeof own === 'string' ? own : ''),
    ...(key_id ? { key_id } : {}),
  };
}

async function ask(url: string, question: object): Promise<UpdateAnswer> {
  const response = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch((cause) => {
    if (cause instanceof CliError) throw cause;
    throw new CliError('server_unreachable', `No answer from ${url}: ${describeError(cause)}`, { cause });
  });
  const answer = (await response.json().catch(() => undefined)) as UpdateAnswer | undefined;
  if (answer && typeof answer === 'object') return answer;
  throw new CliError('unexpected_answer', `${url} does not answer like an update server (HTTP ${response.status}).`);
}
