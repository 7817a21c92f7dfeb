// The rows of channels as every file of this room reads them.

import { channelSettings } from '@overair/protocol/manage/channel-settings';
import type { Selectable } from 'kysely';
import { settingColumns } from '../db/settings.ts';
import type { ChannelsTable } from '../db/tables/releases.ts';

export const channelColumns = [
  'id',
  'app_id',
  'owner_org',
  'created_by',
  'name',
  'version',
  'rollout_version',
  'rollout_id',
  ...settingColumns(channelSettings),
  'auto_pause_last_triggered_at',
  'auto_pause_last_checked_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ChannelsTable)[];

export type ChannelRow = Selectable<ChannelsTable>;
