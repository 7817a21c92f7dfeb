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

export const Explanation = answer({
  device_id: Type.String(),
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
});
export type Explanation = Static<typeof Explanation>;

export const ExplainDevice = Type.Object({ app_id: appIdField(), device_id: deviceField() }, onlyKnown);
export type ExplainDevice = Static<typeof ExplainDevice>;
