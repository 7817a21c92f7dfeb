// Rows of the releases room: apps, stored objects, bundles, channels, overrides.

import type { AppSettings } from '@overair/protocol/manage/app-settings';
import type { ChannelSettings } from '@overair/protocol/manage/channel-settings';
import type { Plan, PlanMoveKind, PlanState, StepNotified } from '@overair/protocol/manage/plan';
import type { ReleaseState } from '@overair/protocol/manage/release';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';
import type { SettingColumns } from './setting-columns.ts';

export type ObjectKind = 'zip' | 'encrypted' | 'file';

/** With a column for each setting (protocol/src/manage/app-settings.ts). */
export interface AppsTable extends SettingColumns<AppSettings> {
  app_id: string;
  id: Generated<string>;
  owner_org: string;
  user_id: string | null;
  name: string;
  icon_url: Generated<string>;
  last_version: string | null;
  retention: Generated<number>;
  transfer_history: JSONColumnType<unknown[], unknown[] | string | undefined>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface StoredObjectsTable {
  app_uuid: string;
  sha256: string;
  size: number;
  crc32: string;
  kind: ObjectKind;
  created_at: GeneratedTimestamp;
  /** When someone last uploaded these bytes or was told that they are here: for a day they are kept for them. */
  used_at: GeneratedTimestamp;
}

export interface BundlesTable {
  id: Generated<number>;
  app_id: string;
  owner_org: string;
  user_id: string | null;
  created_by_apikey_id: number | null;
  name: string;
  checksum: string | null;
  checksum_v2: string | null;
  crc32: string | null;
  session_key: string | null;
  key_id: string | null;
  external_url: string | null;
  object_sha256: string | null;
  size: Generated<number>;
  storage_provider: 'local' | 'external' | 'none';
  manifest_count: Generated<number>;
  min_update_version: string | null;
  native_packages: JSONColumnType<unknown[], string | null> | null;
  link: string | null;
  comment: string | null;
  cli_version: string | null;
  deleted: Generated<boolean>;
  deleted_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface HighestVersionsTable {
  app_id: string;
  version: string;
}

export interface ManifestEntriesTable {
  bundle_id: number;
  app_id: string;
  file_name: string;
  file_hash: string;
  file_hash_v2: string | null;
  object_sha256: string;
  size: number;
}

/** With a column for each setting (protocol/src/manage/channel-settings.ts). */
export interface ChannelsTable extends SettingColumns<ChannelSettings> {
  id: Generated<number>;
  app_id: string;
  owner_org: string;
  created_by: string | null;
  name: string;
  version: number | null;
  rollout_version: number | null;
  rollout_id: Generated<string>;
  auto_pause_last_triggered_at: Timestamp | null;
  auto_pause_last_checked_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface ChannelDevicesTable {
  app_id: string;
  device_id: string;
  channel_id: number;
  owner_org: string;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface FormerDefaultsTable {
  app_id: string;
  name: string;
  platform: 'ios' | 'android' | 'electron';
}

export interface DeployHistoryTable {
  id: Generated<number>;
  app_id: string;
  owner_org: string;
  channel_id: number;
  version_id: number | null;
  created_by: string | null;
  deployed_at: GeneratedTimestamp;
}

export interface ReleasesTable {
  id: GeneratedAlways<number>;
  app_id: string;
  channel_id: number;
  channel_name: string;
  kind: 'plain' | 'rollout' | 'rollback';
  bundle_id: number | null;
  bundle_name: string;
  previous_bundle_id: number | null;
  previous_bundle_name: string;
  state: Generated<ReleaseState>;
  is_judged: Generated<boolean>;
  promoted_at: Timestamp | null;
  proven_bad_at: Timestamp | null;
  actor_type: 'user' | 'apikey' | 'system';
  actor_user_id: string | null;
  actor_user_email: string | null;
  actor_apikey_id: number | null;
  actor_apikey_name: string | null;
  actor_ip: string | null;
  notes: string | null;
  link: string | null;
  key_id: string | null;
  started_at: GeneratedTimestamp;
  ended_at: Timestamp | null;
}

export interface ReleaseHistoryTable {
  id: GeneratedAlways<number>;
  app_id: string;
  kind: 'app' | 'channel' | 'override';
  key: string;
  at: GeneratedTimestamp;
  facts: JSONColumnType<Record<string, unknown>> | null;
}

export interface WithheldBundlesTable {
  id: GeneratedAlways<number>;
  app_id: string;
  bundle_id: number;
  bundle_name: string;
  release_id: number;
  channel_name: string;
  scope: 'native' | 'os';
  platform: string;
  version: string;
  failed: number;
  passed: number;
  e: number;
  withheld_at: GeneratedTimestamp;
  lifted_at: Timestamp | null;
  lifted_by: string | null;
}

/** Devices that a step added: those whose place in the rollout lies from `from_bps` up to `to_bps`. */
export interface DevicesToWake {
  rollout_id: string;
  from_bps: number;
  to_bps: number;
}

export interface ReleasePlansTable {
  id: GeneratedAlways<number>;
  release_id: number;
  format: number;
  plan: JSONColumnType<Plan>;
  state: PlanState;
  step: number;
  step_entered_at: Timestamp;
  held_ms: Generated<number>;
  looked_at: Timestamp;
  asked_at: Timestamp | null;
  question: string | null;
  reason: string | null;
  fleet_devices: number | null;
  fleet_counted_at: Timestamp | null;
  wake: JSONColumnType<DevicesToWake> | null;
  woken: JSONColumnType<StepNotified> | null;
  started_at: Timestamp;
  ended_at: Timestamp | null;
}

export interface PlanMovesTable {
  id: GeneratedAlways<number>;
  plan_id: number;
  at: Timestamp;
  move: PlanMoveKind;
  step: number;
  share: number;
  by: string | null;
  reason: string | null;
}

export interface FreezesTable {
  id: GeneratedAlways<number>;
  org_id: string;
  app_id: string | null;
  channel_id: number | null;
  name: string;
  starts_at: Timestamp;
  ends_at: Timestamp;
  reason: string | null;
  created_at: GeneratedTimestamp;
  created_by: string | null;
}
