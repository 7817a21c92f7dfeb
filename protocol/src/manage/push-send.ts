// Push by hand: what an owner sends from the management door, whom it would reach, and what became of it.
import { type Static, Type } from 'typebox';
import { answer, appIdField, NullableTimestamp, nullable, nullableString, onlyKnown, Timestamp } from './formats.ts';

const app_id = appIdField();
const orgId = Type.String({ minLength: 1 });
const group_key = Type.String({ minLength: 1, maxLength: 100 });
const push = Type.Record(Type.String(), Type.Unknown(), {
  description: 'a request as POST /v4/push takes it: to, body, options',
});

export const SendPush = Type.Object({ app_id, push }, onlyKnown);
export const SendGroupPush = Type.Object({ orgId, group_key, push }, onlyKnown);
export type SendPush = Static<typeof SendPush>;
export type SendGroupPush = Static<typeof SendGroupPush>;

const Skipped = Type.Array(answer({ platform: Type.String(), reason: Type.String() }), {
  description: 'platforms of the audience that are left out',
});
const refusal = nullableString({ description: 'why this app is sent nothing, in one sentence' });

const reach = {
  devices: Type.Integer({ description: 'devices that it would be sent to now' }),
  is_more: Type.Boolean({ description: 'there are more than that: counting ends at 100,000 for an app' }),
  platforms: Type.Record(Type.String(), Type.Integer(), { description: 'of them, by platform' }),
  skipped: Skipped,
};

export const PushReach = answer(reach);
export type PushReach = Static<typeof PushReach>;

export const GroupPushReach = answer({
  devices: Type.Integer({ description: 'of all apps together' }),
  is_more: Type.Boolean(),
  apps: Type.Array(answer({ app_id: Type.String(), name: Type.String(), ...reach, refusal })),
});
export type GroupPushReach = Static<typeof GroupPushReach>;

export const PushSent = answer({ msg_id: Type.String(), skipped: Skipped });
export type PushSent = Static<typeof PushSent>;

export const GroupPushSent = answer({
  group_msgid: Type.String(),
  apps: Type.Array(answer({ app_id: Type.String(), msg_id: nullableString(), skipped: Skipped, refusal })),
});
export type GroupPushSent = Static<typeof GroupPushSent>;

export const ReadPushMessage = Type.Object(
  { app_id, msg_id: Type.String({ minLength: 1, maxLength: 20, pattern: '^\\d+$' }) },
  onlyKnown,
);
export const ReadGroupMessage = Type.Object(
  { orgId, group_msgid: Type.String({ minLength: 1, maxLength: 40 }) },
  onlyKnown,
);

/** Each counts what the one before it holds too. */
export const counters = {
  targets: Type.Integer(),
  sent: Type.Integer(),
  delivered: Type.Integer(),
  impressions: Type.Integer({ description: 'shown' }),
  clicks: Type.Integer(),
  failed: Type.Integer(),
};

export const PushMessageDetail = answer({
  msg_id: Type.String(),
  group_msgid: nullableString(),
  state: Type.String(),
  sender: Type.String({ description: 'what the caller called itself; the person where it was sent by hand' }),
  title: nullableString(),
  text: nullableString({ description: 'null: it shows nothing' }),
  audience: Type.Record(Type.String(), Type.Unknown(), { description: 'the selectors that had to hold together' }),
  created_at: Timestamp,
  finished_at: NullableTimestamp,
  expires_at: Timestamp,
  skipped: Skipped,
  ...counters,
  buckets: Type.Array(answer({ platform: Type.String(), bucket: Type.String(), ...counters }), {
    description: 'by platform, and by browser or push service within',
  }),
  reasons: Type.Array(answer({ platform: Type.String(), reason: Type.String(), count: Type.Integer() })),
});
export type PushMessageDetail = Static<typeof PushMessageDetail>;

export const GroupMessage = answer({
  group_msgid: Type.String(),
  group_key: Type.String(),
  group_name: Type.String(),
  created_at: nullable(Timestamp),
  ...counters,
  apps: Type.Array(answer({ app_id: Type.String(), msg_id: Type.String(), state: Type.String(), ...counters })),
});
export type GroupMessage = Static<typeof GroupMessage>;
