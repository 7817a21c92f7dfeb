// Rows behind the management door: invitations, the audit log, tombstones and the statistics' rollups.

import type { Generated, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp, UserRight } from './accounts.ts';

export interface InvitationsTable {
  id: Generated<string>;
  org_id: string;
  email: string;
  user_right: UserRight;
  token_hash: string;
  invited_by: string | null;
  created_at: GeneratedTimestamp;
  cancelled_at: Timestamp | null;
}

type JsonRecord = JSONColumnType<Record<string, unknown>> | null;

export interface AuditLogsTable {
  id: Generated<number>;
  org_id: string;
  created_at: Timestamp;
  table_name: string;
  record_id: string;
  operation: 'INSERT' | 'UPDATE' | 'DELETE';
  old_record: JsonRecord;
  new_record: JsonRecord;
  changed_fields: string[] | null;
  actor_type: 'user' | 'apikey' | 'system';
  actor_user_id: string | null;
  actor_user_email: string | null;
  actor_apikey_id: number | null;
  actor_apikey_name: string | null;
  actor_ip: string | null;
  previous_hash: string;
  entry_hash: string;
}

export interface AuditHeadsTable {
  org_id: string;
  last_id: number | null;
  last_hash: string;
  seal: string | null;
}

export interface AuditSigningTable {
  only_row: Generated<boolean>;
  signed_at: Timestamp;
  chains: number;
  seal: string;
}

export interface DeletedAppsTable {
  app_uuid: string;
  app_id: string;
  owner_org: string;
  created_at: Timestamp;
  deleted_at: GeneratedTimestamp;
  files_removed_at: Timestamp | null;
}

export interface DeletedOrgsTable {
  org_id: string;
  deleted_at: GeneratedTimestamp;
}

export interface StorageDailyTable {
  app_id: string;
  day: string;
  bytes: number;
  byte_hours: number;
}

export interface MauDailyTable {
  app_id: string;
  day: string;
  devices: number;
}

export interface NativeDailyTable {
  app_id: string;
  day: string;
  platform: string;
  version_build: string;
  devices: number;
}
