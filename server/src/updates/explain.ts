// Why a device does, or does not, get an update: the very decision of the hot path, with its trace written down.

import { refusals } from '@overair/protocol/device/refusals';
import type { Db } from '../db/database.ts';
import { findKnownDevice } from '../devices/list.ts';
import { clientOf, type Platform } from './client.ts';
import { decide, settle } from './decide.ts';
import type { Decision, Step } from './decision.ts';
import type { Question } from './question.ts';
import type { AppState } from './release-state.ts';
import { whyNoChannel } from './select-channel.ts';
import { coerceNativeVersion, printVersion } from './versions.ts';

interface Explained {
  device_id: string;
  /** `update`, `builtin` or the code of a refusal. */
  outcome: string;
  message: string;
  channel: string | null;
  version: string | null;
  running_version: string | null;
  running_since: Date | null;
  offered_version: string | null;
  offered_at: Date | null;
  steps: Step[];
}

/** Undefined when the device was never seen. Asked with what the device last told about itself. */
export async function explainDevice(db: Db, state: AppState, device_id: string): Promise<Explained | undefined> {
  const known = await lastQuestion(db, state.app_id, device_id.toLowerCase());
  if (known === undefined) return undefined;
  const { question, places } = known;
  const steps: Step[] = [];
  const decision = settle(decide(state, question, steps), places.offered_version, steps);
  const words = inWords(decision);
  if (words.outcome === 'no_channel') words.message = whyNoChannel(state, question);
  return { device_id: question.device_id, ...words, channel: decision.channel?.name ?? null, ...places, steps };
}

function inWords(decision: Decision): { outcome: string; message: string; version: string | null } {
  if (decision.kind === 'update') {
    const { name } = decision.bundle;
    return { outcome: 'update', message: `It gets bundle ${name} at its next check`, version: name };
  }
  if (decision.kind === 'builtin') {
    return { outcome: 'builtin', message: 'It goes back to the bundle of the store', version: null };
  }
  const { code, message, version } = decision;
  return { outcome: code, message: message ?? refusals[code].message, version: version ?? null };
}

interface Known {
  question: Question;
  /** What it runs, and what it was offered last. */
  places: Pick<Explained, 'running_version' | 'running_since' | 'offered_version' | 'offered_at'>;
}

async function lastQuestion(db: Db, app_id: string, device_id: string): Promise<Known | undefined> {
  const device = await findKnownDevice(db, app_id, device_id);
  const native = coerceNativeVersion(device?.version_build ?? '');
  if (device === undefined || native === undefined) return undefined;
  const question: Question = {
    app_id,
    device_id,
    platform: device.platform as Platform,
    plugin_version: device.plugin_version,
    client: clientOf(device.platform, device.plugin_version),
    version_name: versionOf(device) ?? printVersion(native),
    saidBuiltin: device.running_version === 'builtin',
    version_build: printVersion(native),
    native,
    is_prod: device.is_prod,
    is_emulator: device.is_emulator,
    defaultChannel: device.default_channel ?? '',
    key_id: device.key_id ?? undefined,
    custom_id: device.custom_id,
    install_source: device.install_source ?? '',
    ip: '',
    provider: undefined,
    version_os: device.os_version ?? undefined,
    version_code: device.version_code ?? undefined,
  };
  const { running_version, running_since, offered_version, offered_at } = device;
  return { question, places: { running_version, running_since, offered_version, offered_at } };
}

/** Devices that were not heard of since it is noted what they run: `version_name` is the offered bundle from the offer on. */
const versionOf = ({
  running_version,
  version_name,
}: {
  running_version: string | null;
  version_name: string | null;
}) => (running_version === 'builtin' ? undefined : (running_version ?? version_name));
