// The shapes of the door's answers: what is not declared here does not leave the server.

import { Type } from 'typebox';

/** The part of the audience that gets nothing, and why; left out when there is none. */
const Skipped = Type.Optional(Type.Array(Type.Object({ platform: Type.String(), reason: Type.String() })));

export const PushAnswer = Type.Object({ request_id: Type.String(), msg_id: Type.String(), skipped: Skipped });

const ErrorEntry = Type.Object({ code: Type.Integer(), message: Type.String() });

/** One entry per app key, and `group_msgid` beside them. */
export const GroupPushAnswer = Type.Object(
  { group_msgid: Type.String() },
  {
    additionalProperties: Type.Object({
      request_id: Type.Optional(Type.String()),
      msg_id: Type.Optional(Type.String()),
      skipped: Skipped,
      error: Type.Optional(ErrorEntry),
    }),
  },
);

/** Numbers here, text elsewhere: one decoder fails on either if the other comes. */
export const BatchAnswer = Type.Object({
  results: Type.Record(
    Type.String(),
    Type.Object({
      target: Type.String(),
      success: Type.Boolean(),
      msg_id: Type.Optional(Type.Integer()),
      skipped: Skipped,
      error: Type.Optional(ErrorEntry),
    }),
  ),
  rate_limit_info: Type.Optional(Type.Object({ rate_limit_occurred: Type.Boolean(), message: Type.String() })),
});

export const Done = Type.Object({ success: Type.Boolean() });
export const done = { success: true } as const;

const Anything = Type.Unknown();

export const ScheduleAnswer = Type.Object({
  schedule_id: Type.String(),
  name: Type.String(),
  enabled: Type.Boolean(),
  trigger: Anything,
  push: Anything,
});
export const ScheduleCreated = Type.Object({ schedule_id: Type.String(), name: Type.String() });
export const SchedulePage = Type.Object({
  total_count: Type.Integer(),
  total_pages: Type.Integer(),
  page: Type.Integer(),
  schedules: Type.Array(ScheduleAnswer),
});
export const ScheduleMessages = Type.Object({ count: Type.Integer(), MsgIds: Type.Array(Type.String()) });

export const DeviceAnswer = Type.Object({ tags: Type.Array(Type.String()), alias: Type.String() });
export const DeviceStatuses = Type.Array(
  Type.Object({
    regid: Type.String(),
    online: Type.Boolean(),
    last_online_time: Type.Optional(Type.String()),
  }),
);
export const TokenResults = Type.Object({
  results: Type.Array(
    Type.Object({
      token: Type.String(),
      registration_id: Type.Optional(Type.String()),
      is_new: Type.Boolean(),
      code: Type.Integer(),
      message: Type.Optional(Type.String()),
    }),
  ),
});

/** No further keys in the answers about tags and aliases: one decoder fails on unknown ones. */
export const TagList = Type.Object({ tags: Type.Array(Type.String()) });
export const TagMembership = Type.Object({ result: Type.Boolean() });
export const TagCounts = Type.Object({ tagsCount: Type.Record(Type.String(), Type.Integer()) });
export const TagQuota = Type.Object({
  data: Type.Object({
    totalTagQuota: Type.Integer(),
    useTagQuota: Type.Integer(),
    totalAliasQuota: Type.Integer(),
    useAliasQuota: Type.Integer(),
    tagUidQuotaDetail: Type.Array(
      Type.Object({ tagName: Type.String(), totalUidQuota: Type.Integer(), useUidQuota: Type.Integer() }),
    ),
  }),
});
export const AliasAnswer = Type.Object({ registration_ids: Type.Array(Type.String()) });

const StatusRow = Type.Object({
  message_id: Type.String(),
  registration_id: Type.String(),
  status: Type.String(),
  error_code: Type.Integer(),
  error_message: Type.String(),
  itime: Type.Integer(),
  channel: Type.String(),
});
export const StatusByDevice = Type.Record(Type.String(), StatusRow);
export const StatusRows = Type.Array(StatusRow);

const UserCounts = Type.Object({ new: Type.Integer(), active: Type.Integer(), online: Type.Integer() });
export const UserStatistics = Type.Object({
  TimeUnit: Type.String(),
  time_unit: Type.String(),
  start: Type.String(),
  duration: Type.Integer(),
  items: Type.Array(
    Type.Object({ time: Type.String(), android: UserCounts, ios: UserCounts, hmos: UserCounts, web: UserCounts }),
  ),
});
/** Objects keyed by id, deep and fixed in push/delivery/status.ts. */
export const ById = Type.Record(Type.String(), Anything);

export const PlanId = Type.Object({ plan_id: Type.String() });
export const PlanPage = Type.Object({
  push_plan_info: Type.Array(
    Type.Object({
      plan_id: Type.String(),
      push_id: Type.String(),
      plan_description: Type.String(),
      count: Type.Integer(),
      create_time: Type.Integer(),
      last_used_time: Type.Integer(),
      entity_tag: Type.String(),
    }),
  ),
  total: Type.Integer(),
});
