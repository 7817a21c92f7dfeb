// Numbers that the server polls about what a channel serves: what `/polled` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, appIdField, Id, NullableTimestamp, nullableString, onlyKnown, refusal, Timestamp } from './formats.ts';
import { boundField, signalName, signalSides, worseField } from './release.ts';

const channelField = Type.String({
  minLength: 1,
  maxLength: 200,
  'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
});

export const MOST_POLLED = 10;

export const Polled = answer({
  id: Id,
  channel: Type.String(),
  name: Type.String(),
  url: Type.String({ description: 'without its query, which may hold a secret' }),
  bound: Type.Number(),
  worse: Type.Unsafe<(typeof signalSides)[number]>({ type: 'string', enum: [...signalSides] }),
  interval_seconds: Type.Integer(),
  created_at: Timestamp,
  polled_at: NullableTimestamp,
  value: Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'the last that was answered' }),
  failure: nullableString({ description: 'why the last answer was none' }),
  failing_since: NullableTimestamp,
});
export type Polled = Static<typeof Polled>;

export const PolledPage = answer({ data: Type.Array(Polled) });
export type PolledPage = Static<typeof PolledPage>;

export const ListPolled = Type.Object(
  { app_id: appIdField(), channel: Type.Optional(Type.String({ maxLength: 200 })) },
  onlyKnown,
);
export type ListPolled = Static<typeof ListPolled>;

export const SavePolled = Type.Object(
  {
    app_id: appIdField(),
    channel: channelField,
    name: signalName,
    url: Type.String({
      maxLength: 1024,
      'x-missing': refusal('missing_url', 'You must provide a url that answers a JSON number'),
      'x-invalid': refusal('invalid_url', 'url must be an address of at most 1,024 characters'),
    }),
    bound: boundField,
    worse: worseField,
    interval_seconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 86_400,
        description: '300 unless told',
        'x-invalid': refusal('invalid_interval_seconds', 'interval_seconds must be from 60 to 86,400'),
      }),
    ),
  },
  onlyKnown,
);
export type SavePolled = Static<typeof SavePolled>;

export const DeletePolled = Type.Object({ app_id: appIdField(), channel: channelField, name: signalName }, onlyKnown);
export type DeletePolled = Static<typeof DeletePolled>;
