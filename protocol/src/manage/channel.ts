// Channels: what `/channel` takes and answers.
import { type Static, Type } from 'typebox';
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
import { ReleaseNotified } from './push.ts';

export const BundleName = answer({ name: Type.String(), id: Id });
export type BundleName = Static<typeof BundleName>;

export const disableAutoUpdateValues = ['major', 'minor', 'patch', 'version_number', 'none'] as const;
export const updatePackageValues = ['all', 'zip', 'delta', 'zip_from_builtin', 'delta_from_builtin'] as const;
export const autoPauseActions = ['pause', 'rollback', 'notify'] as const;

/** The least right that a protected channel can ask for; below `write` there would be nothing to protect against. */
export const channelProtections = ['write', 'admin', 'super_admin'] as const;

export type ChannelProtection = (typeof channelProtections)[number];
export type DisableAutoUpdate = (typeof disableAutoUpdateValues)[number];
export type UpdatePackage = (typeof updatePackageValues)[number];
export type AutoPauseAction = (typeof autoPauseActions)[number];

export const Channel = answer({
  id: Id,
  created_at: Timestamp,
  updated_at: Timestamp,
  name: Type.String(),
  app_id: Type.String(),
  created_by: nullableString(),
  public: Type.Boolean(),
  ios: Type.Boolean(),
  android: Type.Boolean(),
  electron: Type.Boolean(),
  allow_device_self_set: Type.Boolean(),
  allow_emulator: Type.Boolean(),
  allow_device: Type.Boolean(),
  allow_dev: Type.Boolean(),
  allow_prod: Type.Boolean(),
  version: nullable(BundleName),
  rollout_version: nullableInteger(),
  rollout_id: Uuid,
  rollout_version_info: nullable(BundleName),
  disableAutoUpdateUnderNative: Type.Boolean(),
  disableAutoUpdate: Type.Unsafe<DisableAutoUpdate>({ type: 'string' }),
  updatePackage: Type.Unsafe<UpdatePackage>({ type: 'string' }),
  rolloutPercentageBps: Type.Integer(),
  rolloutEnabled: Type.Boolean(),
  rolloutPausedAt: NullableTimestamp,
  rolloutPauseReason: nullableString(),
  rolloutCacheTtlSeconds: Type.Integer(),
  autoPauseEnabled: Type.Boolean(),
  autoPauseWindowMinutes: Type.Integer(),
  autoPauseFailureRateBps: nullableInteger(),
  autoPauseConfidence: Type.Number(),
  autoPauseMinAttempts: nullableInteger(),
  autoPauseMinFailures: nullableInteger(),
  autoPauseAction: Type.Unsafe<AutoPauseAction>({ type: 'string' }),
  autoPauseCooldownMinutes: Type.Integer(),
  autoPauseLastTriggeredAt: NullableTimestamp,
  autoPauseLastCheckedAt: NullableTimestamp,
  protected_by: Type.Unsafe<ChannelProtection | null>({
    type: ['string', 'null'],
    description: 'the least right that may put bundles on the channel or change it; null: as on any channel',
  }),
  protected_keys: Type.Array(Type.Integer({ description: 'ids of API keys that may as well' })),
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

const camelToSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function wholeNumber(field: string, minimum: number, maximum: number, canBeNull = false) {
  const options = {
    minimum,
    maximum,
    'x-alias': camelToSnake(field),
    'x-late': true,
    'x-invalid': refusal('invalid_rollout_config', `${field} must be an integer between ${minimum} and ${maximum}`),
  };
  return Type.Optional(
    canBeNull ? nullableInteger(options) : nullableInteger({ ...options, description: 'null: keep' }),
  );
}

const anyCount = 2_147_483_647;

export const UpsertChannel = Type.Object({
  app_id: appIdField(),
  channel: Type.String({
    minLength: 1,
    maxLength: 200,
    'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
  }),
  version: Type.Optional(nullableString({ maxLength: 256, description: 'bundle name; null or "builtin": none' })),
  public: Flag,
  ios: Flag,
  android: Flag,
  electron: Flag,
  disableAutoUpdateUnderNative: Type.Optional(nullableBoolean({ 'x-alias': 'disable_auto_update_under_native' })),
  disableAutoUpdate: Type.Optional(
    Type.Unsafe<DisableAutoUpdate | 'metadata' | null>({
      enum: [...disableAutoUpdateValues, 'metadata', null],
      description: '"metadata" is an older name of "version_number"',
      'x-alias': 'disable_auto_update',
      'x-invalid': refusal(
        'invalid_disable_auto_update',
        `disableAutoUpdate must be one of ${disableAutoUpdateValues.join(', ')}`,
      ),
    }),
  ),
  allow_device_self_set: Flag,
  allow_emulator: Flag,
  allow_device: Flag,
  allow_dev: Flag,
  allow_prod: Flag,
  updatePackage: Type.Optional(
    Type.Unsafe<UpdatePackage | null>({
      enum: [...updatePackageValues, null],
      'x-alias': 'update_package',
      'x-invalid': refusal('invalid_update_package', `updatePackage must be one of ${updatePackageValues.join(', ')}`),
    }),
  ),
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
  rolloutPercentageBps: wholeNumber('rolloutPercentageBps', 0, 10_000),
  rolloutEnabled: Type.Optional(nullableBoolean({ 'x-alias': 'rollout_enabled' })),
  rolloutPaused: Type.Optional(nullableBoolean({ 'x-alias': 'rollout_paused' })),
  rolloutPausedAt: Type.Optional(nullableString({ format: 'date-time', 'x-alias': 'rollout_paused_at' })),
  rolloutPauseReason: Type.Optional(nullableString({ maxLength: 1000, 'x-alias': 'rollout_pause_reason' })),
  rolloutCacheTtlSeconds: wholeNumber('rolloutCacheTtlSeconds', 60, 31_536_000),
  rollback: Flag,
  promoteToStable: Type.Optional(nullableBoolean({ 'x-alias': 'promote_to_stable' })),
  autoPauseEnabled: Type.Optional(nullableBoolean({ 'x-alias': 'auto_pause_enabled' })),
  autoPauseWindowMinutes: wholeNumber('autoPauseWindowMinutes', 1, 10_080),
  autoPauseFailureRateBps: wholeNumber('autoPauseFailureRateBps', 0, 10_000, true),
  autoPauseConfidence: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['number', 'null'],
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      'x-alias': 'auto_pause_confidence',
      'x-late': true,
      'x-invalid': refusal(
        'invalid_auto_pause_confidence',
        'Auto-pause confidence must be greater than 0 and less than 1',
      ),
    }),
  ),
  autoPauseMinAttempts: wholeNumber('autoPauseMinAttempts', 0, anyCount, true),
  autoPauseMinFailures: wholeNumber('autoPauseMinFailures', 0, anyCount, true),
  autoPauseAction: Type.Optional(
    Type.Unsafe<AutoPauseAction | null>({
      enum: [...autoPauseActions, null],
      'x-alias': 'auto_pause_action',
      'x-late': true,
      'x-invalid': refusal('invalid_auto_pause_action', 'Auto-pause action must be pause, rollback, or notify'),
    }),
  ),
  autoPauseCooldownMinutes: wholeNumber('autoPauseCooldownMinutes', 0, 10_080),
  protected_by: Type.Optional(
    Type.Unsafe<ChannelProtection | null>({
      enum: [...channelProtections, null],
      'x-alias': 'protectedBy',
      'x-invalid': refusal(
        'invalid_protected_by',
        `protected_by must be one of ${channelProtections.join(', ')}, or null`,
      ),
      description: 'the least right that may put bundles on the channel or change it; null lifts the protection',
    }),
  ),
  protected_keys: Type.Optional(
    Type.Unsafe<number[] | null>({
      anyOf: [Type.Array(Type.Integer({ minimum: 1, maximum: anyCount }), { maxItems: 100 }), Type.Null()],
      'x-alias': 'protectedKeys',
      'x-invalid': refusal('invalid_protected_keys', 'protected_keys must be a list of ids of API keys'),
      description: 'API keys that may put bundles on the channel below that right; protected_by is admin unless told',
    }),
  ),
  expected_updated_at: ExpectedUpdatedAt,
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
