// Rehearsals: what `/rehearse`, `/prepare` and `/commit` take and answer.
import { type Static, Type } from 'typebox';
import { UpsertChannel } from './channel.ts';
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

const { app_id: _app, channel: _channel, notifyDevices: _notify, ...changeable } = UpsertChannel.properties;

/** Any field of `POST /channel` but those that say where, and whom to wake. */
export const RehearsedChange = Type.Object(changeable, onlyKnown);
export type RehearsedChange = Static<typeof RehearsedChange>;

const replayHours = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 168,
    description: 'says by hour, too, when the checks of the last so many hours would have met the change',
    'x-invalid': refusal('invalid_replay_hours', 'replay_hours must be an integer between 1 and 168'),
  }),
);

export const Rehearse = Type.Object(
  {
    app_id: appIdField(),
    channel: Type.String({
      minLength: 1,
      maxLength: 200,
      'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
    }),
    change: Type.Unsafe<RehearsedChange>({
      type: 'object',
      description: 'fields of POST /channel, checked as there; an unknown one is refused',
      'x-missing': refusal('missing_change', 'You must provide a change: fields of POST /channel'),
      'x-invalid': refusal('invalid_change', 'change must be an object with fields of POST /channel'),
    }),
    replay_hours: replayHours,
  },
  onlyKnown,
);
export type Rehearse = Static<typeof Rehearse>;

const devices = Type.Integer({ minimum: 0 });
const dormant = Type.Integer({ minimum: 0, description: 'of these, not heard of for 30 days or more' });
const examples = Type.Array(Type.String(), { description: 'up to 20 device ids, for callers who may read devices' });

export const RehearsedMove = answer({
  from: Type.String({ description: 'what the devices run: a bundle, or `builtin`' }),
  to: Type.String({ description: 'what they are told to run: a bundle, or `builtin`' }),
  devices,
  dormant,
  examples,
});
export type RehearsedMove = Static<typeof RehearsedMove>;

const Serving = answer({
  bundle: Type.String({ description: 'a bundle name, or `builtin`' }),
  rollout: nullableString({ description: 'the second bundle' }),
  rollout_percentage_bps: Type.Integer(),
  rollout_enabled: Type.Boolean(),
  rollout_paused: Type.Boolean(),
  updated_at: Timestamp,
});
export type Serving = Static<typeof Serving>;

export const Rehearsal = answer({
  app_id: Type.String(),
  channels: Type.Array(
    answer({
      channel: Type.String(),
      before: nullable(Serving),
      after: nullable(Serving),
    }),
    { description: 'the channels that the change makes, alters or deletes; null where there is none' },
  ),
  devices: answer({
    known: devices,
    dormant,
    concerned: Type.Integer({
      description: 'those of the channels above, before or after, and who else is told something else',
    }),
    moving: Type.Integer({ description: 'told to run something else because of the change' }),
    pending: Type.Integer({ description: 'told to run something else with the change and without' }),
    held_back: Type.Integer({ description: 'told to run something else without the change, and not with it' }),
    up_to_date: devices,
    refused: devices,
    undecided: Type.Integer({ description: 'whose native version is not known: nothing can be said of them' }),
  }),
  moves: Type.Array(RehearsedMove, { description: 'because of the change, most devices first, at most 1,000' }),
  pending: Type.Array(RehearsedMove),
  held_back: Type.Array(RehearsedMove, { description: '`to` is what they are no longer told to run' }),
  refused: Type.Unsafe<Record<string, number>>({
    ...Type.Record(Type.String(), Type.Integer()),
    description: 'devices by the code of the refusal that they get after the change',
  }),
  refused_examples: Type.Unsafe<Record<string, string[]>>(Type.Record(Type.String(), Type.Array(Type.String()))),
  left_behind: Type.Array(
    answer({ platform: Type.String(), native_version: Type.String(), code: Type.String(), devices, dormant, examples }),
    { description: 'native versions that are refused the bundle for what they are' },
  ),
  bytes: answer({
    delta: Type.Number({ description: 'what `moves` download when who takes single files downloads those it lacks' }),
    zip: Type.Number({ description: 'what `moves` download when everybody takes the zip' }),
    unknown_devices: Type.Integer({ description: 'whose download is left out: their bundle lies elsewhere' }),
  }),
  replay: Type.Optional(
    answer({
      from: Timestamp,
      to: Timestamp,
      checked: Type.Integer({ description: 'devices concerned of which a check is on record' }),
      hours: Type.Array(
        answer({ at: Timestamp, moves: Type.Array(answer({ from: Type.String(), to: Type.String(), devices })) }),
      ),
    }),
  ),
});
export type Rehearsal = Static<typeof Rehearsal>;

/** The plain calls that move phones, by method and address. */
export const movingCalls = [
  'POST /channel',
  'DELETE /channel',
  'PUT /bundle',
  'POST /bundle/metadata',
  'POST /rollback',
  'POST /release',
  'POST /release/guard',
  'POST /release/plan',
  'POST /withheld/lift',
] as const;
export type MovingCall = (typeof movingCalls)[number];

export const Prepare = Type.Object(
  {
    call: Type.Unsafe<MovingCall>({
      enum: [...movingCalls],
      'x-missing': refusal('missing_call', `You must provide a call: one of ${movingCalls.join(', ')}`),
      'x-invalid': refusal('invalid_call', `call must be one of ${movingCalls.join(', ')}`),
    }),
    input: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      description: 'what the plain call takes, checked as there',
      'x-missing': refusal('missing_input', 'You must provide the input of the call'),
      'x-invalid': refusal('invalid_input', 'input must be an object with the fields of the call'),
    }),
    replay_hours: replayHours,
  },
  onlyKnown,
);
export type Prepare = Static<typeof Prepare>;

export const Prepared = answer({
  token: Type.String({ description: 'for POST /commit; shown this once' }),
  expires_at: Timestamp,
  expected_updated_at: nullableString({
    format: 'date-time',
    description: 'for POST /commit: when what the change touches was last changed; null: it makes a channel',
  }),
  rehearsal: Rehearsal,
});
export type Prepared = Static<typeof Prepared>;

export const Commit = Type.Object(
  {
    token: Type.String({
      minLength: 1,
      maxLength: 200,
      'x-missing': refusal('missing_token', 'You must provide the token that POST /prepare answered'),
    }),
    expected_updated_at: Type.Unsafe<string | null>({
      ...NullableTimestamp,
      'x-invalid': refusal('invalid_expected_updated_at', 'expected_updated_at must be what POST /prepare answered'),
    }),
  },
  onlyKnown,
);
export type Commit = Static<typeof Commit>;

export const Committed = answer({
  call: Type.String(),
  committed_at: Timestamp,
  answer: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'the answer of the plain call',
  }),
});
export type Committed = Static<typeof Committed>;
