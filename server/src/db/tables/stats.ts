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
  network: number | null;
}

export interface StatsDailyTable {
  app_id: string;
  day: string;
  version_name: string;
  channel: string;
  platform: string;
  action: string;
  slot: Generated<number>;
  count: number;
}

/** Answered, but left out of the numbers. */
export type HeldBackReason = 'store_network' | 'new_device' | 'not_offered';

export interface HeldBackDailyTable {
  app_id: string;
  day: string;
  reason: HeldBackReason;
  slot: Generated<number>;
  count: number;
}

export interface DeviceOutcomesTable {
  device_id: string;
  app_id: string;
  bundle_name: string;
  word: number;
  code: Generated<string>;
  reached: number;
  channel: string;
  platform: string;
  version_build: string;
  is_test: boolean;
  at: Timestamp;
}

export interface OutcomeCountsTable {
  app_id: string;
  grain: 'minute' | 'hour' | 'day';
  at: Timestamp;
  bundle_name: string;
  channel: string;
  platform: string;
  version_build: string;
  is_test: boolean;
  word: number;
  code: string;
  slot: number;
  entered: number;
  gone: number;
  first: number;
}

export interface ChecksHourlyTable {
  app_id: string;
  hour: Timestamp;
  slot: Generated<number>;
  count: number;
}

export interface BandwidthDailyTable {
  app_id: string;
  day: string;
  bytes: number;
}
