// The rows of channels as every file of this room reads them.

import type { Selectable } from 'kysely';
import type { ChannelsTable } from '../db/tables/releases.ts';

export const channelColumns = [
  'id',
  'app_id',
  'owner_org',
  'created_by',
  'name',
  'version',
  'public',
  'allow_device_self_set',
  'ios',
  'android',
  'electron',
  'allow_emulator',
  'allow_device',
  'allow_dev',
  'allow_prod',
  'disable_auto_update',
  'disable_auto_update_under_native',
  'update_package',
  'rollout_version',
  'rollout_id',
  'rollout_percentage_bps',
  'rollout_enabled',
  'rollout_paused_at',
  'rollout_pause_reason',
  'rollout_cache_ttl_seconds',
  'auto_pause_enabled',
  'auto_pause_window_minutes',
  'auto_pause_failure_rate_bps',
  'auto_pause_confidence',
  'auto_pause_min_attempts',
  'auto_pause_min_failures',
  'auto_pause_action',
  'auto_pause_cooldown_minutes',
  'auto_pause_last_triggered_at',
  'auto_pause_last_checked_at',
  'protected_by',
  'protected_keys',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ChannelsTable)[];

export type ChannelRow = Selectable<ChannelsTable>;
