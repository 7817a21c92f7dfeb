// Rows of the rehearsal room: changes that wait for their commit.

import type { GeneratedAlways, JSONColumnType } from 'kysely';
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
