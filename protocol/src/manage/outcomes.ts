// What became of bundles on devices: what `/app/:app_id/outcomes` and `/app/:app_id/failures` take and answer.
import { type Static, Type } from 'typebox';
import { answer, nullableString, onlyKnown, refusal, Timestamp } from './formats.ts';

const devices = (description: string) => Type.Integer({ description });

const counts = {
  offered: devices('offered, and nothing of it was heard since'),
  downloaded: devices('downloaded and not started'),
  running: devices('running it'),
  failed: answer({
    bundle: devices('the fault of the bundle'),
    network: devices('of the network'),
    device: devices('of the device: disk, memory, paths'),
    crash: devices('failed or crashed after it ran'),
  }),
  refused: Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'withheld, by the code of the refusal',
  }),
  silent: devices('offered, and nothing heard for 24 hours'),
};

/** Devices by their last word: each counts once for each bundle. */
export const OutcomeCounts = answer(counts);
export type OutcomeCounts = Static<typeof OutcomeCounts>;

/** Devices that were ever at a word, whatever became of them. */
const Reached = answer({
  offered: devices('were offered it'),
  downloaded: devices('downloaded it'),
  running: devices('ran it'),
  failed: counts.failed,
});

const Percentiles = answer({
  devices: devices('that ran it for the first time'),
  p50: Type.Number({ description: 'seconds' }),
  p75: Type.Number(),
  p95: Type.Number(),
  p99: Type.Number(),
});

export const Outcomes = answer({
  from: Timestamp,
  to: Timestamp,
  bucket: Type.String(),
  /** At `to`. */
  total: answer({ ...counts, reached: Reached }),
  /** Empty ones too. */
  buckets: Type.Array(
    answer({
      at: Timestamp,
      ...counts,
      /** At the end of the bucket. */
      standing: OutcomeCounts,
    }),
  ),
  /** From the promotion of a bundle to its first start on a device, of the starts between `from` and `to`. */
  latency: Type.Array(
    answer({ platform: Type.String({ description: '`all`, or one platform' }), ...Percentiles.properties }),
  ),
});
export type Outcomes = Static<typeof Outcomes>;

const moment = (name: string) =>
  Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'ISO 8601, or milliseconds since 1970',
      'x-invalid': refusal('invalid_date', `${name} must be a date`),
    }),
  );

const text = (description: string) => Type.Optional(Type.String({ maxLength: 256, description }));

const oneOf = <T extends string>(name: string, values: readonly T[], description: string) =>
  Type.Optional(
    Type.Unsafe<T>({
      enum: [...values],
      description,
      'x-invalid': refusal(`invalid_${name}`, `${name} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`),
    }),
  );

const place = {
  bundle: text('the name of a bundle'),
  channel: text('the name of a channel'),
  platform: oneOf('platform', ['ios', 'android', 'electron'], 'only devices of this platform'),
  native: text('the native version'),
};

const builds = oneOf(
  'builds',
  ['production', 'test', 'all'],
  'production builds on real devices (when absent), emulators and development builds, or both',
);

export const ReadOutcomes = Type.Object(
  {
    app_id: Type.String(),
    ...place,
    from: moment('from'),
    to: moment('to'),
    bucket: oneOf('bucket', ['minute', 'hour', 'day'], 'hour when absent'),
    builds,
  },
  onlyKnown,
);
export type ReadOutcomes = Omit<Static<typeof ReadOutcomes>, 'app_id'>;

export const FailureGroups = answer({
  from: Timestamp,
  to: Timestamp,
  data: Type.Array(
    answer({
      bundle: nullableString(),
      action: Type.String(),
      class: Type.String({ description: 'bundle, network, device or crash' }),
      fingerprint: Type.String({ description: 'of the message without numbers, ids and addresses' }),
      message: nullableString({ description: 'the newest one' }),
      events: Type.Integer(),
      devices: Type.Integer(),
      running: Type.Integer({ description: 'devices that run the bundle now, or crashed in it' }),
      rate: Type.Unsafe<number | null>({
        type: ['number', 'null'],
        description: 'devices of the group for each device that ran the bundle; null when none did',
      }),
      first_at: Timestamp,
      last_at: Timestamp,
      trend: Type.Array(Type.Integer({ description: 'events in each twelfth of the time asked for' })),
      examples: Type.Array(Type.String({ description: 'device ids, at most five' })),
    }),
  ),
});
export type FailureGroups = Static<typeof FailureGroups>;

export const ReadFailures = Type.Object(
  {
    app_id: Type.String(),
    ...place,
    action: text('one action'),
    class: oneOf('class', ['bundle', 'network', 'device', 'crash'], 'one class of failures'),
    from: moment('from'),
    to: moment('to'),
    builds,
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 200,
        description: '20 when absent',
        'x-invalid': refusal('invalid_limit', 'limit must be 1 to 200'),
      }),
    ),
  },
  onlyKnown,
);
export type ReadFailures = Omit<Static<typeof ReadFailures>, 'app_id'>;

/** One event of the stream, as the `data` of a server-sent event. */
const AppEvent = answer({
  device_id: Type.String(),
  action: Type.String(),
  version_name: nullableString(),
  bundle: nullableString(),
  channel: nullableString(),
  platform: Type.String(),
  version_build: nullableString(),
  occurred_at: Timestamp,
  received_at: Timestamp,
  metadata: Type.Unsafe<Record<string, string> | null>({ type: ['object', 'null'], additionalProperties: true }),
});

/** Without a stream: at most 200 events of the last hour, or behind `after`, oldest first. */
export const AppEventPage = answer({
  data: Type.Array(answer({ id: Type.String(), ...AppEvent.properties })),
  /** Pass it as `after` to get what comes later. */
  cursor: Type.String(),
});
export type AppEventPage = Static<typeof AppEventPage>;

export const FollowEvents = Type.Object(
  {
    app_id: Type.String(),
    ...place,
    action: text('one action'),
    device_id: Type.Optional(Type.String({ maxLength: 128 })),
    after: text('the id of an event: only later ones. `Last-Event-ID` says the same and wins'),
    follow: Type.Optional(Type.Boolean({ description: 'false: one page as JSON instead of a stream' })),
  },
  onlyKnown,
);
export type FollowEvents = Omit<Static<typeof FollowEvents>, 'app_id' | 'follow'>;
