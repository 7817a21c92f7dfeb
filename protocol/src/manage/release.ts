// Releases: what `/release` and `/rollback` take and answer.
import { type Static, Type } from 'typebox';
import {
  answer,
  appIdField,
  ExpectedUpdatedAt,
  Id,
  NullableTimestamp,
  nullable,
  nullableInteger,
  nullableString,
  onlyKnown,
  Page,
  refusal,
  Timestamp,
} from './formats.ts';
import { OverrideFreeze } from './freeze.ts';
import { type Plan, type PlanAction, planActions, ReleasePlan } from './plan.ts';

export const releaseStates = ['running', 'stopped', 'kept', 'replaced', 'taken_back'] as const;
export type ReleaseState = (typeof releaseStates)[number];

const Trials = answer({ passed: Type.Integer(), failed: Type.Integer() });

export const ReleaseGuard = answer({
  tolerance: Type.Number({ description: 'share of devices on which a bundle may fail, 0.01 is 1 %' }),
  opening: Trials,
  starting: Trials,
  e: Type.Number({ description: 'evidence against the bundle: 1 at the beginning, the guard acts at 1,000' }),
  held_back: Type.Integer({ description: 'devices that do not count, because the server did not know them before' }),
  acted: nullableString({ description: 'what the guard did: stop, take_back or tell' }),
  acted_at: NullableTimestamp,
  reason: nullableString(),
  kept_at: Type.Unsafe<string | null>({ ...NullableTimestamp, description: 'when a person chose to keep it' }),
  held_at: Type.Unsafe<string | null>({
    ...NullableTimestamp,
    description: 'when its downloads were found to fail more often than those of other bundles',
  }),
  held_reason: nullableString(),
});
export type ReleaseGuard = Static<typeof ReleaseGuard>;

export const signalSides = ['above', 'below'] as const;

const ReleaseSignal = answer({
  name: Type.String(),
  value: Type.Number(),
  bound: Type.Number(),
  worse: Type.Unsafe<(typeof signalSides)[number]>({ type: 'string', enum: [...signalSides] }),
  is_breached: Type.Boolean({ description: 'the value is on the bad side of its bound' }),
  sent_at: Timestamp,
});

export const withheldScopes = ['native', 'os'] as const;

export const Withheld = answer({
  id: Id,
  bundle: Type.String(),
  scope: Type.Unsafe<(typeof withheldScopes)[number]>({
    type: 'string',
    enum: [...withheldScopes],
    description: 'native: version is a native version; os: an OS version',
  }),
  platform: Type.String(),
  version: Type.String(),
  channel: Type.String({ description: 'of the release that failed there' }),
  release_id: Id,
  failed: Type.Integer({ description: 'devices there, at most two of one network' }),
  passed: Type.Integer(),
  e: Type.Number({ description: 'evidence against the bundle there, when it was withheld' }),
  withheld_at: Timestamp,
  lifted_at: NullableTimestamp,
  lifted_by: nullableString(),
});
export type Withheld = Static<typeof Withheld>;

export const WithheldPage = answer({ data: Type.Array(Withheld) });
export type WithheldPage = Static<typeof WithheldPage>;

export const ListWithheld = Type.Object(
  { app_id: appIdField(), bundle: Type.Optional(Type.String({ maxLength: 256, description: 'a bundle name' })) },
  onlyKnown,
);
export type ListWithheld = Static<typeof ListWithheld>;

export const LiftWithheld = Type.Object(
  {
    app_id: appIdField(),
    id: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      'x-missing': refusal('missing_id', 'You must provide the id of what is withheld'),
      'x-invalid': refusal('invalid_id', 'id must be the id of what is withheld'),
    }),
  },
  onlyKnown,
);
export type LiftWithheld = Static<typeof LiftWithheld>;

export const Release = answer({
  id: Id,
  app_id: Type.String(),
  channel: Type.String(),
  kind: Type.Unsafe<'plain' | 'rollout' | 'rollback'>({ type: 'string' }),
  bundle: Type.String({ description: 'a bundle name, or builtin' }),
  previous: Type.String({ description: 'what devices had until then' }),
  state: Type.Unsafe<ReleaseState>({ type: 'string', enum: [...releaseStates] }),
  actor_type: Type.String(),
  actor_user_email: nullableString(),
  actor_apikey_id: nullableInteger(),
  actor_apikey_name: nullableString(),
  actor_ip: nullableString(),
  notes: nullableString(),
  link: nullableString(),
  key_id: nullableString({ description: 'of the key that the bundle is signed with' }),
  started_at: Timestamp,
  ended_at: NullableTimestamp,
  guard: nullable(ReleaseGuard),
  signals: Type.Array(ReleaseSignal, { description: 'numbers from outside, the last of each name' }),
  plan: nullable(ReleasePlan),
  withheld: Type.Array(Withheld, { description: 'where its bundle is, or was, offered to nobody' }),
});
export type Release = Static<typeof Release>;

export const ReleasePage = answer({ data: Type.Array(Release) });
export type ReleasePage = Static<typeof ReleasePage>;

export const ListReleases = Type.Object(
  { app_id: appIdField(), channel: Type.Optional(Type.String({ maxLength: 200 })), page: Page },
  onlyKnown,
);
export type ListReleases = Static<typeof ListReleases>;

const releaseId = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  'x-invalid': refusal('invalid_release_id', 'release_id must be the id of a release'),
});

export const GetRelease = Type.Object({ app_id: appIdField(), release_id: releaseId }, onlyKnown);
export type GetRelease = Static<typeof GetRelease>;

const channelName = Type.String({
  minLength: 1,
  maxLength: 200,
  'x-missing': refusal('missing_channel_name', 'You must provide a channel name'),
});

export const StartRelease = Type.Object(
  {
    app_id: appIdField(),
    channel: channelName,
    version: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'bundle name',
      'x-missing': refusal('missing_version', 'You must provide a version: the name of a bundle'),
    }),
    plan: Type.Unsafe<string | Plan>({
      description: '`careful`, `fast`, `at once`, or steps of your own as the schema Plan has them',
      'x-missing': refusal('missing_plan', 'You must provide a plan: careful, fast, at once, or steps of your own'),
    }),
    expected_updated_at: ExpectedUpdatedAt,
    override_freeze: OverrideFreeze,
  },
  onlyKnown,
);
export type StartRelease = Static<typeof StartRelease>;

export const MovePlan = Type.Object(
  {
    app_id: appIdField(),
    release_id: releaseId,
    action: Type.Unsafe<PlanAction>({
      enum: [...planActions],
      description:
        'pause: takes no step until resume; next: takes the next step now, whatever it waits for; finish: to everybody now',
      'x-missing': refusal('missing_action', `You must provide an action: ${planActions.join(', ')}`),
      'x-invalid': refusal('invalid_action', `action must be one of ${planActions.join(', ')}`),
    }),
    from_step: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 50,
        description: 'the step that the caller saw: refused with stale_write when the plan is at another one',
        'x-invalid': refusal('invalid_from_step', 'from_step must be the index of a step'),
      }),
    ),
    override_freeze: OverrideFreeze,
  },
  onlyKnown,
);
export type MovePlan = Static<typeof MovePlan>;

const finite = (field: string) =>
  Type.Number({
    'x-missing': refusal(`missing_${field}`, `You must provide a ${field}: a number`),
    'x-invalid': refusal(`invalid_${field}`, `${field} must be a number`),
  });

export const signalName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[A-Za-z0-9][A-Za-z0-9 ._:/%-]*$',
  'x-missing': refusal('missing_name', 'You must provide a name for the number'),
  'x-invalid': refusal(
    'invalid_name',
    'name must have 1 to 100 letters, digits, blanks or ._:/%- and begin with a letter or a digit',
  ),
});

export const boundField = finite('bound');

export const worseField = Type.Optional(
  Type.Unsafe<(typeof signalSides)[number]>({
    enum: [...signalSides],
    description: 'on which side of the bound the value is bad; above unless told',
    'x-invalid': refusal('invalid_worse', 'worse must be above or below'),
  }),
);

export const SendSignal = Type.Object(
  {
    app_id: appIdField(),
    release_id: releaseId,
    name: signalName,
    value: finite('value'),
    bound: boundField,
    worse: worseField,
  },
  onlyKnown,
);
export type SendSignal = Static<typeof SendSignal>;

export const releaseAnswers = ['stop', 'keep', 'take_back'] as const;

export type ReleaseAnswer = (typeof releaseAnswers)[number];

export const AnswerGuard = Type.Object(
  {
    app_id: appIdField(),
    release_id: releaseId,
    answer: Type.Unsafe<ReleaseAnswer>({
      enum: [...releaseAnswers],
      description:
        'stop: nobody new is offered it; keep: go on, the guard does not act again; take_back: its devices return to the bundle kept last',
      'x-missing': refusal('missing_answer', 'You must provide an answer: stop, keep or take_back'),
      'x-invalid': refusal('invalid_answer', 'answer must be stop, keep or take_back'),
    }),
    override_freeze: OverrideFreeze,
  },
  onlyKnown,
);
export type AnswerGuard = Static<typeof AnswerGuard>;

export const Rollback = Type.Object(
  {
    app_id: appIdField(),
    channel: channelName,
  },
  onlyKnown,
);
export type Rollback = Static<typeof Rollback>;

export const RolledBack = answer({
  status: Type.Literal('ok'),
  channel: Type.String(),
  bundle: Type.String({ description: 'what the channel serves now: a bundle name, or builtin' }),
});
export type RolledBack = Static<typeof RolledBack>;
