// Rows of the stats room: events, their daily rollups, bytes served.

import type { Generated, JSONColumnType } from 'kysely';
import type { Timestamp } from './accounts.ts';

export interface StatsEventsTable {
  day: string;
  app_id: string;
  device_id: string;
  action: string;
  version_name: string | null;
  bundle_name: Generated<string>;
  old_version_name: string | null;
  platform: string;
  plugin_version: string;
  version_build: string | null;
  is_prod: boolean;
  is_emulator: boolean;
  channel: string;
  metadata: JSONColumnType<Record<string, string>> | null;
  occurred_at: Timestamp;
  received_at: Timestamp;
  dedupe_key: string | null;
  was_offered: Generated<boolean>;
}

export interface StatsDailyTable {
  app_id: string;
  day: string;
  version_name: string;
  channel: string;
  platform: string;
  action: string;
  count: number;
}

/** Answered, but left out of the numbers. */
export type HeldBackReason = 'store_network' | 'new_device' | 'not_offered';

export interface HeldBackDailyTable {
  app_id: string;
  day: string;
  reason: HeldBackReason;
  count: number;
}

export interface BandwidthDailyTable {
  app_id: string;
  day: string;
  bytes: number;
}
