// Rows of the webhooks room: where to call, and what was sent.

import type { Generated, JSONColumnType } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

export interface WebhooksTable {
  id: Generated<string>;
  org_id: string;
  name: string;
  url: string;
  secret_sealed: string;
  enabled: Generated<boolean>;
  events: string[];
  delivery_version: 'legacy' | 'standard';
  created_by: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface WebhookDeliveriesTable {
  id: Generated<string>;
  webhook_id: string;
  org_id: string;
  audit_log_id: number | null;
  event_id: Generated<string>;
  event_type: string;
  status: Generated<'pending' | 'success' | 'failed'>;
  request_payload: JSONColumnType<Record<string, unknown>>;
  response_status: number | null;
  response_body: string | null;
  attempt_count: Generated<number>;
  max_attempts: Generated<number>;
  next_retry_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  completed_at: Timestamp | null;
  duration_ms: number | null;
  delivery_version: 'legacy' | 'standard';
}
