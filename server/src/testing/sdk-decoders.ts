// What the decoders of the dialect's Go, Java and Python SDKs insist on, one type per answer that they read.
// Go fails on a number where it reads text, on text or a fraction where it reads a whole number; Java on a date in
// another form, an enum in small letters and, where a type is closed here, on any key that it does not know.

import { type TProperties, Type } from 'typebox';

const text = Type.String();
const whole = Type.Integer();
const flag = Type.Boolean();
/** Digits as text: the SDKs put it into paths and parse it for `override_msg_id`. */
const msgIdText = Type.String({ pattern: '^[1-9][0-9]{0,15}$' });
const dateTime = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$' });
const clock = Type.String({ pattern: '^[0-9]{2}:[0-9]{2}:[0-9]{2}$' });
const object = Type.Record(Type.String(), Type.Unknown());

/** Java's device, voice and account decoders refuse keys that they do not know. */
const closed = <T extends TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });

export const Failure = Type.Object({ code: whole, message: text });
export const ErrorAnswer = Type.Object({ error: Failure });

export const Pushed = Type.Object({ request_id: text, msg_id: msgIdText });
export const BatchPushed = Type.Object({
  results: Type.Record(
    Type.String(),
    Type.Object({ target: text, success: flag, msg_id: Type.Optional(whole), error: Type.Optional(Failure) }),
  ),
  rate_limit_info: Type.Optional(Type.Object({ message: text, rate_limit_occurred: flag })),
});
/** Java reads `request_id` beside every `msg_id`, and both parts of every error, without asking whether they are there. */
export const GroupPushed = Type.Object(
  { group_msgid: text },
  { additionalProperties: Type.Union([Pushed, closed({ error: Failure })]) },
);

export const Device = Type.Object({ tags: Type.Array(text), alias: text });
export const DevicesSeen = Type.Array(
  Type.Object({ regid: text, online: flag, last_online_time: Type.Optional(dateTime) }),
);
export const TokensImported = closed({
  results: Type.Array(
    closed({
      token: text,
      registration_id: Type.Optional(text),
      is_new: flag,
      code: whole,
      message: Type.Optional(text),
    }),
  ),
});
export const Tags = closed({ tags: Type.Array(text) });
export const Membership = closed({ result: flag });
export const TagCounts = closed({ tagsCount: Type.Record(Type.String(), whole) });
export const Quota = closed({
  data: closed({
    totalTagQuota: whole,
    useTagQuota: whole,
    totalAliasQuota: whole,
    useAliasQuota: whole,
    tagUidQuotaDetail: Type.Array(closed({ tagName: text, totalUidQuota: whole, useUidQuota: whole })),
  }),
});
export const AliasHolders = closed({ registration_ids: Type.Array(text) });

const Trigger = Type.Union([
  closed({ single: Type.Object({ time: dateTime, zone_type: whole }) }),
  closed({
    periodical: Type.Object({
      start: dateTime,
      end: dateTime,
      time: clock,
      frequency: whole,
      time_unit: Type.Enum(['DAY', 'WEEK', 'MONTH']),
      point: Type.Optional(Type.Array(text)),
      zone_type: whole,
    }),
  }),
  closed({ intelligent: Type.Object({ backup_time: text }) }),
]);
const Message = Type.Object({
  platform: Type.Union([text, Type.Array(text)]),
  notification: object,
  options: Type.Object({ time_to_live: whole, override_msg_id: Type.Optional(whole), apns_production: flag }),
});
export const Schedule = Type.Object({
  schedule_id: text,
  name: text,
  enabled: flag,
  trigger: Trigger,
  push: Type.Object({ to: Type.Union([text, object]), request_id: text, custom_args: object, body: Message }),
});
export const Schedules = Type.Array(Schedule, { minItems: 1, maxItems: 1 });
export const ScheduleCreated = Type.Object({ schedule_id: text, name: text });
export const SchedulePage = Type.Object({
  total_count: whole,
  total_pages: whole,
  page: whole,
  schedules: Type.Array(Schedule),
});
export const ScheduleMessages = Type.Object({ count: whole, MsgIds: Type.Array(Type.Unknown()) });

const counters = { sent: whole, delivered: whole, impressions: whole };
const Channel = Type.Object({ ...counters, targets: whole, clicks: whole });
const Channels = Type.Optional(Type.Record(Type.String(), Channel));
/** The middle level has its names in the singular for old SDKs, in the plural for new ones. */
const Filled = Type.Object({
  ...counters,
  target: whole,
  targets: whole,
  click: whole,
  clicks: whole,
  sub_android: Channels,
  sub_ios: Channels,
  sub_hmos: Channels,
});
const Kind = Type.Union([closed({}), Filled]);
export const MessageNumbers = Type.Record(
  Type.String(),
  Type.Object({
    ...counters,
    targets: whole,
    clicks: whole,
    plan_id: text,
    pushContent: object,
    sub: Type.Object({ notification: Kind, message: Kind, live_activity: Kind, voip: Kind, inapp_message: Kind }),
  }),
);
const Lifecycle = Type.Object({
  message_id: msgIdText,
  registration_id: text,
  status: text,
  error_code: whole,
  error_message: text,
  itime: whole,
  channel: text,
});
export const LifecyclesById = Type.Record(Type.String(), Lifecycle);
export const Lifecycles = Type.Array(Lifecycle);
const Users = Type.Object({ new: whole, active: whole, online: whole });
export const UserNumbers = Type.Object({
  TimeUnit: text,
  start: text,
  duration: whole,
  items: Type.Array(Type.Object({ time: text, android: Users, ios: Users, hmos: Users })),
});

export const Plan = Type.Object({ plan_id: text });
export const PlanMessages = Type.Record(Type.String(), Type.Object({ msg_ids: Type.Array(msgIdText) }));
export const PlanPage = Type.Object({
  push_plan_info: Type.Array(
    Type.Object({
      plan_id: text,
      push_id: text,
      plan_description: text,
      entity_tag: text,
      count: whole,
      create_time: whole,
      last_used_time: whole,
    }),
  ),
  total: whole,
});

export const Voice = closed({ language: text, file_url: text });
export const Voices = Type.Array(Voice);
export const Picture = closed({ big_picture_id: Type.Optional(text), small_picture_id: Type.Optional(text) });
export const Account = closed({ vip_status: whole, vip_end_time: whole });
