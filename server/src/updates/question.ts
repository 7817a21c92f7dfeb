// A device's question, checked and coerced: what deciding works on.

import type { SemVer } from 'semver';
import type { Client, Platform } from './client.ts';

export interface Question {
  app_id: string;
  /** Lower case. */
  device_id: string;
  platform: Platform;
  plugin_version: string;
  client: Client;
  /** The running bundle; `builtin` was already replaced by the native version. */
  version_name: string;
  /** The device said `builtin`, in so many words. */
  saidBuiltin: boolean;
  /** The native version, coerced and printed again. */
  version_build: string;
  native: SemVer;
  is_prod: boolean;
  is_emulator: boolean;
  /** `''` when the device names none. */
  defaultChannel: string;
  key_id: string | undefined;
  /** Without blanks around; `''` when the device has none. */
  custom_id: string;
  /** Lower case; `''` when the device names none. */
  install_source: string;
  /** Where the request came from; `''` when that does not matter. */
  ip: string;
  /** The store from whose network the request came: no device of a customer. */
  provider: string | undefined;
  version_os: string | undefined;
  version_code: string | undefined;
}
