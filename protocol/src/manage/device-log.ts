// What a device went through: its log, and why it does (not) get an update.
import { type Static, Type } from 'typebox';
import {
  answer,
  appIdField,
  NullableTimestamp,
  nullable,
  nullableString,
  onlyKnown,
  refusal,
  Timestamp,
} from './formats.ts';

const missingDevice = refusal('missing_device_id', 'Missing device_id');

const deviceField = () => Type.String({ maxLength: 128, 'x-missing': missingDevice });

export const DeviceEvent = answer({
  action: Type.String(),
  version_name: nullableString({ description: 'as the device named it; null when it named none' }),
  bundle: nullableString({ description: 'the bundle of the app that it is about' }),
  channel: nullableString(),
  occurred_at: Timestamp,
  received_at: Timestamp,
  metadata: Type.Unsafe<Record<string, string> | null>({ type: ['object', 'null'], additionalProperties: true }),
});
export type DeviceEvent = Static<typeof DeviceEvent>;

export const DeviceLog = answer({
  data: Type.Array(DeviceEvent),
  /** Pass it as `after` to get what comes later. */
  cursor: Type.String(),
});
export type DeviceLog = Static<typeof DeviceLog>;

export const ReadDeviceLog = Type.Object(
  {
    app_id: appIdField(),
    device_id: deviceField(),
    after: Type.Optional(
      Type.String({ maxLength: 64, description: 'cursor of the last answer: only what was received later' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  onlyKnown,
);
export type ReadDeviceLog = Static<typeof ReadDeviceLog>;

/** What would have to be otherwise for a check to let the device pass. */
export const changeCodes = [
  'channel_setting',
  'channel_exists',
  'device_channel',
  'another_bundle',
  'bundle_content',
  'encryption_key',
  'lift_withheld',
  'native_version',
  'plugin_version',
] as const;

const Change = answer({
  code: Type.Unsafe<(typeof changeCodes)[number]>({ type: 'string', description: changeCodes.join(', ') }),
  message: Type.String({ description: 'one sentence, as it would have to be' }),
  channel: Type.Optional(Type.String()),
  setting: Type.Optional(Type.String({ description: 'of the channel' })),
  value: Type.Optional(Type.String({ description: 'of the setting, the fact or the bundle' })),
});
export type Change = Static<typeof Change>;

/** What may be invented about a device; what is left out is as it is known. */
export const InventedFacts = Type.Object(
  {
    platform: Type.Optional(
      Type.Unsafe<'ios' | 'android' | 'electron'>({
        enum: ['ios', 'android', 'electron'],
        'x-invalid': refusal('invalid_fact', 'platform must be ios, android or electron'),
      }),
    ),
    plugin_version: Type.Optional(Type.String({ maxLength: 256 })),
    version_build: Type.Optional(Type.String({ maxLength: 256 })),
    version_name: Type.Optional(Type.String({ minLength: 1, maxLength: 256, 'x-alias': 'running_version' })),
    is_prod: Type.Optional(Type.Boolean()),
    is_emulator: Type.Optional(Type.Boolean()),
    custom_id: Type.Optional(Type.String({ maxLength: 256 })),
    channel: Type.Optional(Type.String({ maxLength: 200 })),
    default_channel: Type.Optional(Type.String({ maxLength: 200, 'x-alias': 'defaultChannel' })),
    key_id: Type.Optional(Type.String({ maxLength: 20 })),
    version_os: Type.Optional(Type.String({ maxLength: 256, 'x-alias': 'os_version' })),
  },
  onlyKnown,
);
export type InventedFacts = Static<typeof InventedFacts>;

export const Explanation = answer({
  device_id: Type.String(),
  at: NullableTimestamp,
  facts: answer({
    platform: Type.String(),
    plugin_version: Type.String(),
    version_build: Type.String(),
    version_name: Type.String({ description: 'what it runs: a bundle, or `builtin`' }),
    is_prod: Type.Boolean(),
    is_emulator: Type.Boolean(),
    custom_id: Type.String(),
    default_channel: nullableString({ description: 'the channel that the app names' }),
    key_id: nullableString(),
    version_os: nullableString(),
  }),
  assumed: Type.Array(Type.String(), {
    description: 'facts that are not on record for the moment asked for, and are those of today',
  }),
  /** `update`, `builtin` or the code of a refusal. */
  outcome: Type.String(),
  message: Type.String(),
  channel: nullableString(),
  version: nullableString({ description: 'the bundle that is offered or withheld' }),
  running_version: nullableString({ description: 'what the device said last that it runs: a bundle, or `builtin`' }),
  running_since: NullableTimestamp,
  offered_version: nullableString({ description: 'the bundle that it was offered last' }),
  offered_at: NullableTimestamp,
  rollout: nullable(
    answer({
      bundle: Type.String({ description: 'the second bundle of its channel' }),
      percentage_bps: Type.Integer({ description: 'the share of devices that get it now, in basis points' }),
      enters_at_bps: Type.Integer({ description: 'the share from which on this device gets it: 1 to 10,000' }),
      is_inside: Type.Boolean({ description: 'it gets the second bundle now' }),
      reason: Type.String({
        description: 'in_bucket, outside_bucket, already_on_rollout, paused, disabled, percentage_zero',
      }),
    }),
  ),
  steps: Type.Array(answer({ check: Type.String(), passed: Type.Boolean(), detail: Type.Optional(Type.String()) })),
  would_change: Type.Array(
    answer({
      check: Type.String({ description: 'as in steps' }),
      code: Type.String({ description: 'of the refusal' }),
      changes: Type.Array(Change, { description: 'each alone lets the device pass this check' }),
    }),
    { description: 'the check that refuses, then those behind it that would refuse if it did not' },
  ),
});
export type Explanation = Static<typeof Explanation>;

export const ExplainDevice = Type.Object(
  {
    app_id: appIdField(),
    device_id: deviceField(),
    at: Type.Optional(Type.String({ maxLength: 64, description: 'a moment of the past, as in outcomes' })),
    facts: Type.Optional(
      Type.String({
        maxLength: 8192,
        description: `what if: a JSON object of ${Object.keys(InventedFacts.properties).join(', ')}`,
      }),
    ),
  },
  onlyKnown,
);
export type ExplainDevice = Static<typeof ExplainDevice>;
