// Channels: what `/channel` takes and answers.
import { type Static, Type } from 'typebox';
import { type ChannelSettings, channelSettings } from './channel-settings.ts';
import {
  answer,
  appIdField,
  ExpectedUpdatedAt,
  Id,
  NullableTimestamp,
  nullable,
  nullableBoolean,
  nullableInteger,
  nullableString,
  onlyKnown,
  Page,
  refusal,
  Timestamp,
  Uuid,
} from './formats.ts';
import { OverrideFreeze } from './freeze.ts';
import { ReleaseNotified } from './push.ts';
import type { SettingValue } from './setting.ts';
import { answerFields, inputFields } from './setting-schemas.ts';

export const BundleName = answer({ name: Type.String(), id: Id });
export type BundleName = Static<typeof BundleName>;

export type ChannelProtection = SettingValue<ChannelSettings['protected_by']>;
export type DisableAutoUpdate = SettingValue<ChannelSettings['disable_auto_update']>;
export type UpdatePackage = SettingValue<ChannelSettings['update_package']>;
export type AutoPauseAction = SettingValue<ChannelSettings['auto_pause_action']>;

export const Channel = answer({
  id: Id,
  created_at: Timestamp,
  updated_at: Timestamp,
  name: Type.String(),
  app_id: Type.String(),
  created_by: nullableString(),
  version: nullable(BundleName),
  rollout_version: nullableInteger(),
  rollout_id: Uuid,
  rollout_version_info: nullable(BundleName),
  ...answerFields(channelSettings),
  autoPauseLastTriggeredAt: NullableTimestamp,
  autoPauseLastCheckedAt: NullableTimestamp,
});
export type Channel = Static<typeof Channel>;

/** One channel when `channel` was given, a page of them otherwise. */
export const ChannelOrList = Type.Unsafe<Channel | Channel[]>({ anyOf: [Channel, Type.Array(Channel)] });

export const ListChannels = Type.Object(
  {
    app_id: appIdField(),
    channel: Type.Optional(Type.String({ maxLength: 200 })),
    page: Page,
  },
  onlyKnown,
);
export type ListChannels = Static<typeof ListChannels>;

const Flag = Type.Optional(nullableBoolean());

/** What is not a setting comes first: a wrong share in percent is told before one in basis points. */
export const UpsertChannel = Type.Object({
  app_id: appIdField(),
  channel: Type.String({
    minLength: 1,
    maxLength: 200,
    'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
  }),
  version: Type.Optional(nullableString({ maxLength: 256, description: 'bundle name; null or "builtin": none' })),
  rolloutVersion: Type.Optional(
    Type.Unsafe<string | number | null>({
      type: ['string', 'integer', 'null'],
      maxLength: 256,
      'x-alias': 'rollout_version',
      description: 'bundle name or id; null ends the rollout',
    }),
  ),
  rolloutPercentage: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['number', 'null'],
      minimum: 0,
      maximum: 100,
      'x-alias': 'rollout_percentage',
      'x-late': true,
      'x-invalid': refusal('invalid_rollout_percentage', 'Rollout percentage must be between 0 and 100'),
    }),
  ),
  rolloutPaused: Type.Optional(nullableBoolean({ 'x-alias': 'rollout_paused' })),
  rollback: Flag,
  promoteToStable: Type.Optional(nullableBoolean({ 'x-alias': 'promote_to_stable' })),
  ...inputFields(channelSettings, { nullKeeps: true }),
  expected_updated_at: ExpectedUpdatedAt,
  override_freeze: OverrideFreeze,
  notifyDevices: Type.Optional(
    Type.Boolean({ description: 'tell the phones of the channel, silently, to look for the update now' }),
  ),
});
export type UpsertChannel = Static<typeof UpsertChannel>;

/** `id` and `public` come with a channel that was created together with its bundle. */
export const ChannelSaved = answer({
  status: Type.Literal('ok'),
  id: Type.Optional(Id),
  public: Type.Optional(Type.Boolean()),
  notified: Type.Optional(ReleaseNotified),
});
export type ChannelSaved = Static<typeof ChannelSaved>;

export const DeleteChannel = Type.Object({
  app_id: appIdField(),
  channel: Type.String({
    maxLength: 200,
    'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
  }),
  delete_bundle: Flag,
});
export type DeleteChannel = Static<typeof DeleteChannel>;
