// The question that a phone of this project asks at its next check, and the server's answer to it.

import { PROBE_DEVICE_ID } from '@overair/protocol/device/probe';
import { CliError, describeError } from '../cli-error.ts';
import { findInstalledUpdater } from '../project/app-package.ts';
import { findCapacitorConfig } from '../project/capacitor-config.ts';
import { configuredKeyId } from '../project/public-key.ts';
import { compareVersions, parseVersion } from '../project/version.ts';
import { send } from '../remote/network.ts';
import type { Platform } from './native-versions.ts';

interface Phone {
  app_id: string;
  platform: Platform;
  /** Version of the installed app, as it reports it. */
  nativeVersion: string;
  /** Bundle that it runs; the store's unless told. */
  bundle?: string;
  /** Channel instead of the one that the config names. */
  channel?: string;
  deviceId?: string;
}

export interface UpdateAnswer {
  version?: string;
  url?: string;
  error?: string;
  message?: string;
  kind?: string;
  manifest?: unknown[];
}

const ANSWER_TIMEOUT_MS = 10_000;
/** Where the project has no updater installed yet. */
const ASSUMED_UPDATER = '8.51.0';
/** From here on the store's bundle is called by the version of the app. Source: docs/protocol/device.md §2. */
const NAMES_STORE_BUNDLE = parseVersion('8.44.0')!;

/** What goes to the server; reads the updater's settings of the project in `cwd`. */
export async function makeQuestion(cwd: string, phone: Phone) {
  const config = await findCapacitorConfig(cwd);
  const own = config?.updater.defaultChannel;
  const key_id = configuredKeyId(config);
  const plugin_version = (await findInstalledUpdater(cwd)) ?? ASSUMED_UPDATER;
  return {
    app_id: phone.app_id,
    device_id: phone.deviceId ?? PROBE_DEVICE_ID,
    version_name: phone.bundle ?? storeBundleName(plugin_version, phone),
    version_build: phone.nativeVersion,
    version_code: '1',
    version_os: '0',
    is_emulator: false,
    is_prod: true,
    platform: phone.platform,
    plugin_version,
    defaultChannel: phone.channel ?? (typeof own === 'string' ? own : ''),
    ...(key_id ? { key_id } : {}),
  };
}

function storeBundleName(updater: string, { platform, nativeVersion }: Phone): string {
  const version = parseVersion(updater);
  const isNamed = platform === 'electron' || (version && compareVersions(version, NAMES_STORE_BUNDLE) >= 0);
  return isNamed ? nativeVersion : 'builtin';
}

/** Throws only when nothing that looks like an update server answers. */
export async function askForUpdate(url: string, question: object): Promise<UpdateAnswer> {
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

/** Neither an update nor "you have it already": the phone is kept from one. */
export const isRefusal = ({ error, kind }: UpdateAnswer): boolean =>
  Boolean(error) && error !== 'no_new_version_available' && kind !== 'up_to_date';
