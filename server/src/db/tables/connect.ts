// Rows of programs that wait for their owner's approval.

import type { Generated } from 'kysely';
import type { GeneratedTimestamp, KeyMode, Timestamp } from './accounts.ts';

export interface ConnectRequestsTable {
  id: Generated<string>;
  device_code_hash: string;
  user_code_hash: string;
  client_name: string;
  client_ip: string | null;
  mode: KeyMode;
  limited_to_apps: Generated<string[]>;
  status: Generated<'pending' | 'approved' | 'denied'>;
  apikey_id: number | null;
  secret_sealed: string | null;
  interval_seconds: number;
  polled_at: Timestamp | null;
  created_at: GeneratedTimestamp;
  expires_at: Timestamp;
}
