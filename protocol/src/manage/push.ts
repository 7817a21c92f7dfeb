// Push from the owner's side: what `/push` takes and answers. Sending itself speaks the mtpush dialect, under /v4.
import { type Static, Type } from 'typebox';
import { answer, appIdField, NullableTimestamp, nullableString, onlyKnown, Page, Timestamp, Uuid } from './formats.ts';

export const pushChannels = ['webpush', 'fcm', 'apns'] as const;
export type PushChannel = (typeof pushChannels)[number];

const app_id = appIdField();
const orgId = Type.String({ minLength: 1 });
/** Of any length: a mistyped key is an unknown group. */
const group_key = Type.String({ minLength: 1, maxLength: 100 });
const Channel = Type.Unsafe<PushChannel>({ type: 'string', enum: [...pushChannels] });
const Details = Type.Record(Type.String(), Type.Unknown());
const Hosts = Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100 });

const Credential = answer({
  channel: Type.String(),
  details: Details,
  failure: nullableString({ description: 'why messages of this channel wait' }),
  paused_until: NullableTimestamp,
  services: Type.Array(
    answer({
      service: Type.String({
        description: 'host of browsers, platform at FCM, topic at APNs; empty: the account itself',
      }),
      accepted_at: NullableTimestamp,
      paused_at: NullableTimestamp,
      paused_until: NullableTimestamp,
      failure: nullableString(),
      refused_devices: Type.Integer({ description: 'devices that were refused alike when the pause began' }),
    }),
  ),
  updated_at: Timestamp,
});

export const PushApp = answer({
  app_id: Type.String(),
  app_key: Type.String(),
  enabled: Type.Boolean(),
  default_url: nullableString(),
  default_icon: nullableString(),
  allowed_ips: Type.Array(Type.String()),
  web_origins: Type.Array(Type.String()),
  client_tags: Type.Boolean(),
  web_active_days: Type.Integer(),
  credentials: Type.Array(Credential),
  devices: Type.Record(Type.String(), Type.Integer(), { description: 'reachable devices per platform' }),
});
export type PushApp = Static<typeof PushApp>;

/** Of an app's push settings, segments and numbers. */
export const QueryPushApp = Type.Object({ app_id }, onlyKnown);
export const ReadPushApp = Type.Object({ app_id });
export const PushAppEnabled = answer({
  app_key: Type.String(),
  master_secret: Type.String({ description: 'shown once' }),
});
export const SecretRotated = answer({
  master_secret: Type.String({ description: 'shown once; the one before still opens for a day' }),
});

export const UpdatePushApp = Type.Object({
  app_id,
  enabled: Type.Optional(Type.Boolean()),
  default_url: Type.Optional(nullableString({ maxLength: 1024 })),
  default_icon: Type.Optional(nullableString({ maxLength: 1024 })),
  allowed_ips: Type.Optional(Hosts),
  web_origins: Type.Optional(Hosts),
  client_tags: Type.Optional(Type.Boolean()),
  web_active_days: Type.Optional(Type.Integer({ minimum: 0, maximum: 3650 })),
});

export const SaveCredential = Type.Object({ app_id, channel: Channel, credential: Details });
export const DeleteCredential = Type.Object({ app_id, channel: Channel });
export const ResumeChannel = Type.Object({ app_id, channel: Channel });
export const ChannelResumed = answer({ ended: Type.Integer({ description: 'pauses that were in force' }) });

const callback = {
  url: Type.String({ maxLength: 1024 }),
  username: Type.Optional(Type.String({ maxLength: 100 })),
  secret: Type.Optional(Type.String({ maxLength: 255 })),
  authorization: Type.Optional(Type.String({ maxLength: 1024 })),
};
export const SavePushCallback = Type.Object({ app_id, ...callback });
export const DeletePushCallback = Type.Object({ app_id });
export const SaveGroupCallback = Type.Object({ orgId, group_key, ...callback });

export const ListPushMessages = Type.Object({ app_id, page: Page }, onlyKnown);
export const PushMessages = Type.Array(
  answer({
    msg_id: Type.String(),
    group_msgid: nullableString(),
    state: Type.String(),
    title: nullableString(),
    text: nullableString({ description: 'null: it shows nothing' }),
    created_at: Timestamp,
    finished_at: NullableTimestamp,
    targets: Type.Integer(),
    sent: Type.Integer(),
    delivered: Type.Integer(),
    impressions: Type.Integer(),
    clicks: Type.Integer(),
    failed: Type.Integer(),
    skipped: Type.Array(answer({ platform: Type.String(), reason: Type.String() }), {
      description: 'platforms of the audience that were left out',
    }),
    reasons: Type.Array(answer({ platform: Type.String(), reason: Type.String(), count: Type.Integer() })),
  }),
);

export const PushDays = Type.Array(
  answer({
    day: Type.String(),
    platform: Type.String(),
    bucket: Type.String(),
    targets: Type.Integer(),
    sent: Type.Integer(),
    delivered: Type.Integer(),
    impressions: Type.Integer(),
    clicks: Type.Integer(),
    failed: Type.Integer(),
  }),
);

export const NotifyRelease = Type.Object({ app_id, channel: Type.String({ minLength: 1, maxLength: 200 }) });
export const ReleaseNotified = answer({
  sent: Type.Boolean(),
  msg_id: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String({ description: 'why nobody was told' })),
});
export type ReleaseNotified = Static<typeof ReleaseNotified>;

export const PushSegment = answer({ segment_id: Type.String(), name: Type.String(), audience: Details });
export const PushSegments = Type.Array(PushSegment);
export type PushSegment = Static<typeof PushSegment>;
export const CreateSegment = Type.Object({
  app_id,
  name: Type.String({ minLength: 1, maxLength: 100 }),
  audience: Details,
});
export const DeleteSegment = Type.Object({ app_id, segment_id: Type.String({ maxLength: 40 }) });

export const PushGroup = answer({
  group_key: Type.String(),
  owner_org: Uuid,
  name: Type.String(),
  enabled: Type.Boolean(),
  app_ids: Type.Array(Type.String()),
  created_at: Timestamp,
});
export type PushGroup = Static<typeof PushGroup>;
export const PushGroups = Type.Array(PushGroup);

const AppIds = Type.Array(Type.String({ maxLength: 155 }), { maxItems: 100 });
const GroupName = Type.String({ minLength: 1, maxLength: 100 });
export const ListGroups = Type.Object({ orgId }, onlyKnown);
export const CreateGroup = Type.Object({ orgId, name: GroupName, app_ids: Type.Optional(AppIds) });
export const GroupCreated = answer({
  group_key: Type.String(),
  group_secret: Type.String({ description: 'shown once' }),
});
export const UpdateGroup = Type.Object({
  orgId,
  group_key,
  name: Type.Optional(GroupName),
  enabled: Type.Optional(Type.Boolean()),
  app_ids: Type.Optional(AppIds),
});
export const GroupReference = Type.Object({ orgId, group_key });
export const GroupSecretRotated = answer({ group_secret: Type.String({ description: 'shown once' }) });
