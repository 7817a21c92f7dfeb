// Devices and channel overrides: what `/device` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, appIdField, Id, NullableTimestamp, nullableString, onlyKnown, refusal, Timestamp } from './formats.ts';

export const Device = answer({
  updated_at: Timestamp,
  device_id: Type.String(),
  custom_id: Type.String(),
  is_prod: Type.Boolean(),
  is_emulator: Type.Boolean(),
  install_source: nullableString(),
  version_name: nullableString(),
  version: Type.Optional(Id),
  running_version: nullableString({ description: 'what the device said last that it runs: a bundle, or `builtin`' }),
  running_since: NullableTimestamp,
  offered_version: nullableString({ description: 'the bundle that it was offered last' }),
  offered_at: NullableTimestamp,
  app_id: Type.String(),
  platform: Type.String(),
  plugin_version: Type.String(),
  os_version: Type.String(),
  version_build: Type.String(),
  key_id: nullableString(),
  country_code: nullableString(),
  channel: Type.Optional(Type.String({ description: 'the channel this device is forced to' })),
});
export type Device = Static<typeof Device>;

export const DeviceList = answer({
  data: Type.Array(Device),
  nextCursor: Type.Optional(Type.String()),
  hasMore: Type.Boolean(),
  total: Type.Optional(Type.Integer({ description: 'of all pages, where `total` was asked for' })),
});
export type DeviceList = Static<typeof DeviceList>;

/** One device when `device_id` was given, a page otherwise. */
export const DeviceOrList = Type.Unsafe<Device | DeviceList>({ anyOf: [DeviceList, Device] });

const exactly = Type.Optional(Type.String({ maxLength: 256 }));

/** Each keeps the devices that have exactly this value; they exclude `device_id`, which names one device. */
export const deviceFilters = {
  version: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'integer'],
      maxLength: 256,
      description: 'the bundle of `version_name`, by id or by name',
    }),
  ),
  version_name: exactly,
  running_version: exactly,
  offered_version: exactly,
  platform: Type.Optional(
    Type.Unsafe<'ios' | 'android' | 'electron'>({
      enum: ['ios', 'android', 'electron'],
      'x-late': true,
      'x-invalid': refusal('invalid_platform', 'platform must be ios, android or electron'),
    }),
  ),
  channel: Type.Optional(Type.String({ maxLength: 200, description: 'forced to the channel of this name' })),
  custom_id: exactly,
  is_prod: Type.Optional(Type.Boolean()),
  is_emulator: Type.Optional(Type.Boolean()),
  plugin_version: exactly,
  os_version: exactly,
  version_build: exactly,
  install_source: exactly,
  key_id: exactly,
  country_code: exactly,
  failing: Type.Optional(
    Type.Boolean({ description: 'true: the bundle that it was offered last failed on it, and it runs another' }),
  ),
  unheard_days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 3650,
      description: 'not heard of for so many days; a sign of life is written down once a week, so give or take one',
      'x-late': true,
      'x-invalid': refusal('invalid_unheard_days', 'unheard_days must be a whole number from 1 to 3650'),
    }),
  ),
};

export const ListDevices = Type.Object(
  {
    app_id: appIdField(),
    device_id: Type.Optional(Type.String({ maxLength: 128 })),
    customIdMode: Type.Optional(Type.Boolean({ description: 'only devices that carry a custom_id' })),
    cursor: Type.Optional(Type.String({ maxLength: 256 })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'at most 1000, 50 when absent',
        'x-late': true,
        'x-invalid': refusal('invalid_limit', 'limit must be a positive integer'),
      }),
    ),
    ...deviceFilters,
    total: Type.Optional(Type.Boolean({ description: 'true: the answer says how many devices fit the filters' })),
    updated_at: Type.Optional(Type.String({ maxLength: 64, description: 'only devices updated after this time' })),
    order: Type.Optional(
      Type.Unsafe<'asc' | 'desc'>({
        enum: ['asc', 'desc'],
        'x-late': true,
        'x-invalid': refusal('invalid_order', 'order must be asc or desc'),
      }),
    ),
  },
  onlyKnown,
);
export type ListDevices = Static<typeof ListDevices>;

const missingIds = refusal('missing_device_id_or_app_id', 'Missing device_id or app_id');

export const SetDevice = Type.Object({
  device_id: Type.String({ maxLength: 128, 'x-missing': missingIds }),
  app_id: appIdField(missingIds),
  channel: Type.Optional(nullableString({ maxLength: 200 })),
  version_id: Type.Optional(Type.Unknown({ description: 'refused: a device is set to a channel, never to a bundle' })),
});
export type SetDevice = Static<typeof SetDevice>;

export const ClearDevice = Type.Object({
  app_id: appIdField(),
  device_id: Type.String({ maxLength: 128, 'x-missing': refusal('missing_device_id', 'Missing device_id') }),
});
export type ClearDevice = Static<typeof ClearDevice>;
