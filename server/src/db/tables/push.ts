// Rows of the push room: credentials, groups, registrations, messages and what became of them.

import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

/** Written as JSON text, read as a value. */
type Json<T> = JSONColumnType<Extract<T, object>, string, string>;
type Count = ColumnType<number, number | undefined, number>;

export type PushPlatform = 'android' | 'ios' | 'hmos' | 'web';
/** The name of a transport: see push/transports. */
export type PushChannel = string;
export type PushKind = 'notification' | 'message' | 'live_activity' | 'voip';
export type DeliveryState = 'queued' | 'sent' | 'sent_failed' | 'target_invalid' | 'delivered_failed' | 'withdrawn';

export interface PushAppsTable {
  app_id: string;
  app_key: string;
  owner_org: string;
  secret_hash: string;
  previous_secret_hash: string | null;
  previous_secret_until: Timestamp | null;
  enabled: Generated<boolean>;
  default_url: string | null;
  default_icon: string | null;
  allowed_ips: Generated<string[]>;
  web_origins: Generated<string[]>;
  client_tags: Generated<boolean>;
  web_active_days: Generated<number>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushCredentialsTable {
  app_id: string;
  channel: PushChannel;
  sealed: string;
  details: Json<Record<string, unknown>>;
  token_sealed: string | null;
  token_at: Timestamp | null;
  failure: string | null;
  paused_until: Timestamp | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushServicesTable {
  app_id: string;
  channel: PushChannel;
  service: string;
  accepted_at: Timestamp | null;
  paused_at: Timestamp | null;
  paused_until: Timestamp | null;
  failure: string | null;
  refused_devices: Generated<number>;
  pauses: Generated<number>;
  updated_at: GeneratedTimestamp;
}

interface PushGroupsTable {
  group_key: string;
  owner_org: string;
  name: string;
  secret_hash: string;
  previous_secret_hash: string | null;
  previous_secret_until: Timestamp | null;
  enabled: Generated<boolean>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushGroupAppsTable {
  group_key: string;
  app_id: string;
  added_at: GeneratedTimestamp;
}

export interface PushDevicesTable {
  id: Generated<number>;
  app_id: string;
  registration_id: string;
  shard: Generated<number>;
  platform: PushPlatform;
  /** `none` when there was never a way to the device. */
  channel: PushChannel;
  sealed: string | null;
  voip_sealed: string | null;
  target_hash: string | null;
  secret_sealed: string | null;
  vapid_key: string | null;
  apns_production: Generated<boolean>;
  apns_other_host: Generated<boolean>;
  bundle_id: string | null;
  app_version: string | null;
  device_id: string | null;
  alias: string | null;
  user_str: string | null;
  language: string | null;
  timezone: string | null;
  browser: string | null;
  os: string | null;
  user_agent: string | null;
  badge: Generated<number>;
  active_hour: number | null;
  active: Generated<boolean>;
  inactive_reason: string | null;
  inactive_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  registered_at: GeneratedTimestamp;
  last_seen_at: GeneratedTimestamp;
}

interface PushDeviceTagsTable {
  app_id: string;
  tag: string;
  device: number;
}

interface PushDeviceDaysTable {
  app_id: string;
  day: string;
  device: number;
}

interface PushLiveActivitiesTable {
  app_id: string;
  live_activity_id: string;
  device: number;
  sealed: string;
  created_at: GeneratedTimestamp;
}

interface PushSegmentsTable {
  segment_id: string;
  app_id: string;
  name: string;
  audience: Json<Record<string, unknown>>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushMessagesTable {
  msg_id: Generated<number>;
  app_id: string;
  group_msgid: string | null;
  group_key: string | null;
  request_id: Generated<string>;
  sender: Generated<string>;
  custom_args: ColumnType<unknown, string | null, string | null>;
  audience: Json<Record<string, unknown>>;
  message: Json<Record<string, unknown>>;
  shown_id: number | null;
  skipped: ColumnType<{ platform: string; reason: string }[], string | undefined, string>;
  plan_id: string | null;
  schedule_id: string | null;
  state: Generated<'queued' | 'sent' | 'withdrawn' | 'replaced'>;
  expires_at: Timestamp;
  spread_until: Timestamp | null;
  created_at: GeneratedTimestamp;
  finished_at: Timestamp | null;
}

interface PushWalksTable {
  msg_id: number;
  app_id: string;
  first_shard: number;
  last_shard: number;
  cursor_shard: number;
  cursor_id: Count;
  batches: Count;
  leased_until: GeneratedTimestamp;
  done: Generated<boolean>;
}

interface PushDeliveriesTable {
  msg_id: number;
  registration_id: string;
  kind: PushKind;
  app_id: string;
  device: number | null;
  platform: string;
  bucket: string;
  state: DeliveryState;
  attempts: Count;
  next_at: Timestamp | null;
  error_code: Count;
  error_message: Generated<string>;
  channel_message_id: string | null;
  delivered_at: Timestamp | null;
  displayed_at: Timestamp | null;
  clicked_at: Timestamp | null;
  updated_at: GeneratedTimestamp;
}

interface Counters {
  targets: Count;
  sent: Count;
  delivered: Count;
  impressions: Count;
  clicks: Count;
  failed: Count;
}

interface PushCountsTable extends Counters {
  app_id: string;
  msg_id: number;
  kind: PushKind;
  platform: string;
  bucket: string;
}

interface PushFailuresTable {
  app_id: string;
  msg_id: number;
  platform: string;
  reason: string;
  count: Count;
}

interface PushDailyTable extends Counters {
  app_id: string;
  day: string;
  platform: string;
  bucket: string;
}

interface PushAnswersTable {
  scope: string;
  repeat_key: string;
  answer: ColumnType<unknown, string | null, string>;
  created_at: GeneratedTimestamp;
}

interface PushPlansTable {
  app_id: string;
  plan_id: string;
  plan_description: Generated<string>;
  send_source: Generated<number>;
  message_count: Count;
  created_at: GeneratedTimestamp;
  last_used_at: Timestamp | null;
}

interface PushSchedulesTable {
  schedule_id: Generated<string>;
  app_id: string | null;
  group_key: string | null;
  name: string;
  enabled: Generated<boolean>;
  trigger: Json<Record<string, unknown>>;
  push: Json<Record<string, unknown>>;
  cid: string | null;
  next_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushScheduleRunsTable {
  schedule_id: string;
  run_at: Timestamp;
  part: Generated<string>;
  outcome: string;
}

interface PushCallbacksTable {
  callback_id: Generated<string>;
  app_id: string | null;
  group_key: string | null;
  url: string;
  username: string | null;
  secret_sealed: string | null;
  authorization_sealed: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface PushCallbackOutboxTable {
  id: Generated<number>;
  callback_id: string;
  row: Json<Record<string, unknown>>;
  attempts: Count;
  next_at: GeneratedTimestamp;
  created_at: GeneratedTimestamp;
}

interface PushVoicesTable {
  app_id: string;
  language: string;
  content_type: string;
  content: Buffer;
  updated_at: GeneratedTimestamp;
}

export interface PushTables {
  push_apps: PushAppsTable;
  push_credentials: PushCredentialsTable;
  push_groups: PushGroupsTable;
  push_group_apps: PushGroupAppsTable;
  push_devices: PushDevicesTable;
  push_device_tags: PushDeviceTagsTable;
  push_device_days: PushDeviceDaysTable;
  push_live_activities: PushLiveActivitiesTable;
  push_services: PushServicesTable;
  push_segments: PushSegmentsTable;
  push_messages: PushMessagesTable;
  push_walks: PushWalksTable;
  push_deliveries: PushDeliveriesTable;
  push_counts: PushCountsTable;
  push_failures: PushFailuresTable;
  push_daily: PushDailyTable;
  push_answers: PushAnswersTable;
  push_plans: PushPlansTable;
  push_schedules: PushSchedulesTable;
  push_schedule_runs: PushScheduleRunsTable;
  push_callbacks: PushCallbacksTable;
  push_callback_outbox: PushCallbackOutboxTable;
  push_voices: PushVoicesTable;
}
