// Rows of the rehearsal room: changes that wait for their commit, or for a second person.

import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

export interface PreparedChangesTable {
  id: GeneratedAlways<number>;
  token_hash: string;
  app_id: string;
  caller: string;
  call: string;
  input: JSONColumnType<Record<string, unknown>>;
  reviewed: JSONColumnType<object[]>;
  wanted: JSONColumnType<object[]>;
  expected_updated_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  expires_at: Timestamp;
  committed_at: Timestamp | null;
  idempotency_key_hash: string | null;
  answer: JSONColumnType<Record<string, unknown>> | null;
}

export interface ApprovalsTable {
  id: GeneratedAlways<number>;
  org_id: string;
  app_id: string;
  call: string;
  input: JSONColumnType<Record<string, unknown>>;
  note: string | null;
  reviewed: JSONColumnType<{ channel: string; serving: object | null }[]>;
  wanted: JSONColumnType<{ channel: string; serving: object | null }[]>;
  rehearsal: JSONColumnType<object>;
  requested_by: string;
  requested_by_name: string;
  requested_by_key: number | null;
  created_at: GeneratedTimestamp;
  expires_at: Timestamp;
  state: Generated<'waiting' | 'approved' | 'refused' | 'withdrawn'>;
  answered_by: string | null;
  answered_by_name: string | null;
  answered_at: Timestamp | null;
  answer_note: string | null;
}
