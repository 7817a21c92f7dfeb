// What one request told of a device.

export interface Sighting {
  app_id: string;
  device_id: string;
  platform: string;
  plugin_version: string;
  os_version: string | null;
  version_build: string | null;
  version_code: string | null;
  /** The bundle just offered, else the one reported; null keeps what is known. */
  version_name: string | null;
  /** Blank keeps what is known. */
  custom_id: string;
  is_prod: boolean;
  is_emulator: boolean;
  default_channel: string | null;
  key_id: string | null;
  /** Blank keeps what is known. */
  install_source: string;
  /** The bundle that the answer offers; null when it offers none. */
  offered_version: string | null;
  /** What the device said that it runs, a bundle's name or `builtin`; null keeps what is known. */
  running_version?: string | null;
  /**
   * A bundle that the device went back from. When that is what it was known to run, nobody knows what it runs now.
   */
  left_version?: string | null;
  /** A device that was never seen is not noted. */
  isOfKnown?: boolean;
  seenMs: number;
  /** Where the request came from; not stored. */
  ip: string;
}
