// Rows of the accounts room: users, organizations, members, API keys.

import type { OrganizationSettings } from '@overair/protocol/manage/organization-settings';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { SettingColumns } from './setting-columns.ts';

/** A timestamp column: a Date when read, a Date or ISO text when written. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type GeneratedTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;

export type UserRight = 'read' | 'upload' | 'write' | 'admin' | 'super_admin';
export type KeyMode = 'read' | 'upload' | 'write' | 'all';

/** A role in one place: in a whole organization, in an app (by its row id), or on a channel. */
export interface KeyBinding {
  role_name: string;
  scope_type: 'org' | 'app' | 'channel';
  org_id: string;
  app_id: string | null;
  channel_id: number | null;
  reason: string | null;
}

export interface UsersTable {
  id: Generated<string>;
  email: string;
  first_name: string | null;
  last_name: string | null;
  country: string | null;
  image_url: string | null;
  /** As the person wants to be called; '' for who never said. */
  name: Generated<string>;
  email_verified: Generated<boolean>;
  /** Codes of an authenticator are asked at sign-in. */
  two_factor_enabled: Generated<boolean | null>;
  /** BCP 47; null: as the browser says. */
  language: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

/** With a column for each setting (protocol/src/manage/organization-settings.ts). */
export interface OrgsTable extends SettingColumns<OrganizationSettings> {
  id: Generated<string>;
  created_by: string;
  name: string;
  logo: string | null;
  management_email: string;
  website: string | null;
  password_policy_config: JSONColumnType<Record<string, unknown>> | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface OrgUsersTable {
  id: Generated<number>;
  org_id: string;
  user_id: string;
  user_right: UserRight;
  is_invite: Generated<boolean>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface ApikeysTable {
  id: Generated<number>;
  user_id: string;
  key_hash: string;
  name: string;
  /** Null for a key whose bindings say what it may. */
  mode: KeyMode | null;
  limited_to_orgs: Generated<string[]>;
  limited_to_apps: Generated<string[]>;
  limited_to_channels: Generated<number[]>;
  bindings: JSONColumnType<KeyBinding[], string | null | undefined, string | null> | null;
  global_permissions: Generated<string[]>;
  is_hashed_key: Generated<boolean>;
  expires_at: Timestamp | null;
  rbac_id: Generated<string>;
  /** Give or take a minute. */
  last_used_at: Timestamp | null;
  last_used_ip: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}
