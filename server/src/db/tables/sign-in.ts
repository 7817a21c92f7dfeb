// Rows of the sign-in room: ways to sign in, sessions, and what proves a second factor.

import type { Generated } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

export interface AccountsTable {
  id: Generated<string>;
  user_id: string;
  /** `credential` for a password, else a provider of OIDC. */
  provider_id: string;
  /** The person's id with that provider; their own id for a password. */
  account_id: string;
  password: string | null;
  access_token: string | null;
  refresh_token: string | null;
  id_token: string | null;
  access_token_expires_at: Timestamp | null;
  refresh_token_expires_at: Timestamp | null;
  scope: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface AuthSessionsTable {
  id: Generated<string>;
  user_id: string;
  token: string;
  expires_at: Timestamp;
  ip_address: string | null;
  user_agent: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
  confirmed_at: Timestamp | null;
  second_factor_at: Timestamp | null;
}

export interface VerificationsTable {
  id: Generated<string>;
  identifier: string;
  value: string;
  expires_at: Timestamp;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface TwoFactorsTable {
  id: Generated<string>;
  user_id: string;
  secret: string;
  backup_codes: string;
  verified: Generated<boolean | null>;
  failed_verification_count: Generated<number | null>;
  locked_until: Timestamp | null;
  last_step: number | null;
}

export interface PasskeysTable {
  id: Generated<string>;
  user_id: string;
  name: string;
  credential_id: string;
  public_key: Uint8Array;
  counter: number;
  transports: Generated<string[]>;
  is_backed_up: boolean;
  created_at: GeneratedTimestamp;
  last_used_at: Timestamp | null;
}
