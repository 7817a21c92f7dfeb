// Rows of the devices room: who was seen, on which days, and where a bundle failed.

import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

export interface DevicesTable {
  app_id: string;
  device_id: string;
  platform: string;
  plugin_version: string;
  os_version: string | null;
  version_build: string | null;
  version_code: string | null;
  version_name: string | null;
  custom_id: string;
  is_prod: boolean;
  is_emulator: boolean;
  default_channel: string | null;
  key_id: string | null;
  install_source: string | null;
  country_code: string | null;
  offered_version: string | null;
  offered_at: Timestamp | null;
  running_version: string | null;
  running_since: Timestamp | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
  seen_at: GeneratedTimestamp;
}

export interface DeviceDaysTable {
  app_id: string;
  day: string;
  device_id: string;
  platform: string;
  version_build: string;
}

export interface DeviceMonthsTable {
  app_id: string;
  month: string;
  device_id: string;
  first_day: string;
}

export interface DeviceFailuresTable {
  app_id: string;
  device_id: string;
  version_name: string;
  version_build: string;
  failures: number;
  unopened_with: string | null;
  last_failed_at: GeneratedTimestamp;
}
