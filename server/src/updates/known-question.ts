// The question that a known device would ask now, from what it last told.

import { clientOf, type Platform } from './client.ts';
import type { Question } from './question.ts';
import { coerceNativeVersion, printVersion } from './versions.ts';

export interface ToldFacts {
  device_id: string;
  platform: string;
  plugin_version: string;
  version_build: string | null;
  /** A bundle or `builtin`; of a device that never said, what it was last seen with. */
  running_version: string | null;
  is_prod: boolean;
  is_emulator: boolean;
  default_channel: string | null;
  key_id: string | null;
  custom_id?: string;
  install_source?: string | null;
  os_version?: string | null;
  version_code?: string | null;
}

/** Undefined when its native version is not known: then nothing can be decided for it. */
export function knownQuestion(app_id: string, device: ToldFacts): Question | undefined {
  const native = coerceNativeVersion(device.version_build ?? '');
  if (native === undefined) return undefined;
  const saidBuiltin = device.running_version === 'builtin';
  const version_build = printVersion(native);
  return {
    app_id,
    device_id: device.device_id,
    platform: device.platform as Platform,
    plugin_version: device.plugin_version,
    client: clientOf(device.platform, device.plugin_version),
    version_name: saidBuiltin ? version_build : (device.running_version ?? version_build),
    saidBuiltin,
    version_build,
    native,
    is_prod: device.is_prod,
    is_emulator: device.is_emulator,
    defaultChannel: device.default_channel ?? '',
    key_id: device.key_id ?? undefined,
    custom_id: device.custom_id ?? '',
    install_source: device.install_source ?? '',
    ip: '',
    provider: undefined,
    version_os: device.os_version ?? undefined,
    version_code: device.version_code ?? undefined,
  };
}
