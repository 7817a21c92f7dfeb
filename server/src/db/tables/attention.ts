// Rows of the attention room: what needs somebody, who was told, and what each process reports of itself.

import type { AttentionKind, Matter } from '@overair/protocol/manage/attention';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

/** As the management door shows it, when it was last found. */
export type ShownMatter = Pick<Matter, 'severity' | 'channel' | 'message' | 'since' | 'command' | 'link'>;

export interface AttentionMattersTable {
  id: GeneratedAlways<number>;
  matter_id: string;
  kind: AttentionKind;
  org_id: string;
  app_id: string | null;
  shown: JSONColumnType<ShownMatter>;
  began_at: GeneratedTimestamp;
  missing_since: Timestamp | null;
  over_at: Timestamp | null;
  acknowledged_at: Timestamp | null;
  acknowledged_by: string | null;
}

export interface AlertMailsTable {
  id: Generated<string>;
  org_id: string;
  recipient: string;
  subject: string;
  body: string;
  status: Generated<'pending' | 'sent' | 'failed'>;
  attempts: Generated<number>;
  next_attempt_at: GeneratedTimestamp;
  failure: string | null;
  created_at: GeneratedTimestamp;
  sent_at: Timestamp | null;
}

/** What a process alone can see. */
export interface ProcessReport {
  roles: string[];
  disks: { folder: string; freeBytes: number; sizeBytes: number }[];
  changes: 'heard' | 'polled';
}

export interface ServerProcessesTable {
  id: string;
  host: string;
  report: JSONColumnType<ProcessReport>;
  started_at: GeneratedTimestamp;
  reported_at: GeneratedTimestamp;
}
