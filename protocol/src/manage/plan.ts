// Ramp plans: how a release reaches all devices of its channel, step by step.
import { type Static, Type } from 'typebox';
import { answer, NullableTimestamp, nullable, nullableString, onlyKnown, Timestamp } from './formats.ts';

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof days)[number];

export const ifNotMetValues = ['wait', 'ask', 'stop'] as const;
export type IfNotMet = (typeof ifNotMetValues)[number];

const TIME = '^([01][0-9]|2[0-3]):[0-5][0-9]$';

export const Window = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Type.Unsafe<Day>({ enum: [...days] }), { minItems: 1, maxItems: 7, description: 'all unless told' }),
    ),
    from: Type.Optional(Type.String({ pattern: TIME, description: '00:00 unless told' })),
    to: Type.Optional(
      Type.String({
        pattern: `${TIME}|^24:00$`,
        description: '24:00 unless told; before `from`: on the next day',
      }),
    ),
    zone: Type.Optional(Type.String({ maxLength: 64, description: 'a name of the IANA database; UTC unless told' })),
  },
  onlyKnown,
);
export type Window = Static<typeof Window>;

export const Step = Type.Object(
  {
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      multipleOf: 0.01,
      description: 'percent of the devices of the channel',
    }),
    least_hours: Type.Optional(
      Type.Number({ minimum: 0, maximum: 8760, description: 'the step lasts at least so long; 0 unless told' }),
    ),
    least_devices: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'so many run it or failed; 0 unless told' }),
    ),
    gate: Type.Optional(
      Type.Unsafe<'evidence' | 'none'>({
        enum: ['evidence', 'none'],
        description: 'evidence: the step ends when what devices report shows that the bundle is good; none unless told',
      }),
    ),
    if_not_met: Type.Optional(
      Type.Unsafe<IfNotMet>({
        enum: [...ifNotMetValues],
        description: 'what happens when devices or evidence are still missing after patience_hours; ask unless told',
      }),
    ),
    patience_hours: Type.Optional(Type.Number({ minimum: 0, maximum: 8760, description: '72 unless told' })),
  },
  onlyKnown,
);
export type Step = Static<typeof Step>;

export const Plan = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    steps: Type.Array(Step, { minItems: 1, maxItems: 50 }),
    window: Type.Optional(Window),
    notify: Type.Optional(
      Type.Unsafe<'step' | 'none'>({
        enum: ['step', 'none'],
        description: 'step: a silent push wakes the devices that the step adds; none unless told',
      }),
    ),
  },
  onlyKnown,
);
export type Plan = Static<typeof Plan>;

export const planNames = ['careful', 'fast', 'at once'] as const;
export type PlanName = (typeof planNames)[number];

const proven = { least_hours: 24, gate: 'evidence' } as const;

export const namedPlans: Readonly<Record<PlanName, Plan>> = {
  careful: {
    name: 'careful',
    steps: [
      { share: 1, least_hours: 24 },
      { share: 5, ...proven },
      { share: 20, ...proven },
      { share: 50, ...proven },
      { share: 100 },
    ],
  },
  fast: { name: 'fast', steps: [{ share: 10, least_hours: 4, gate: 'evidence' }, { share: 100 }] },
  'at once': { name: 'at once', steps: [{ share: 100 }] },
};

/**
 * What a plan can wait for. `time`: the least time of the step. `devices`, `evidence`: what devices report. `answer`: the person who was asked.
 * `freeze`, `window`: the calendar. `paused`, `rollout_paused`, `guard`: somebody to go on with what a person or the guard holds.
 */
export const waitCodes = [
  'time',
  'devices',
  'evidence',
  'answer',
  'freeze',
  'window',
  'paused',
  'rollout_paused',
  'guard',
] as const;
export type WaitCode = (typeof waitCodes)[number];

const Optional = { integer: (description: string) => Type.Optional(Type.Integer({ minimum: 0, description })) };

export const WaitsFor = answer({
  code: Type.Unsafe<WaitCode>({ type: 'string', enum: [...waitCodes] }),
  sentence: Type.String({ description: 'reads on after "waits for"' }),
  until_at: Type.Unsafe<string | null>({ ...NullableTimestamp, description: 'when that is over by itself' }),
  left_seconds: Optional.integer('of `least_seconds`'),
  least_seconds: Optional.integer('that the step lasts'),
  devices: Optional.integer('that run the bundle or failed'),
  failed: Optional.integer('of these devices'),
  least_devices: Optional.integer('that the step asks for'),
  evidence: Type.Optional(Type.Number({ description: 'share of the evidence that is there, 0 to 1' })),
  devices_needed: Optional.integer('for the evidence, if the bundle is good'),
  freeze: Type.Optional(Type.String({ description: 'its name' })),
  devices_in_step: Optional.integer('that the step reaches, where they are too few for the evidence'),
});
export type WaitsFor = Static<typeof WaitsFor>;

/** Under way: `running`, `paused` by a person. Over: `finished`, or ended by what became of its release. */
export const planStates = ['running', 'paused', 'finished', 'stopped', 'taken_back', 'superseded'] as const;
export type PlanState = (typeof planStates)[number];

export const planMoves = [
  'start',
  'step',
  'ask',
  'pause',
  'resume',
  'finish',
  'stop',
  'take_back',
  'supersede',
] as const;
export type PlanMoveKind = (typeof planMoves)[number];

export const PlanMove = answer({
  at: Timestamp,
  move: Type.Unsafe<PlanMoveKind>({ type: 'string', enum: [...planMoves] }),
  step: Type.Integer({ description: 'index of the step that the plan was at afterwards' }),
  share: Type.Number({ description: 'percent of that step' }),
  by: nullableString({ description: 'a person or a key; null: the server' }),
  reason: nullableString(),
});
export type PlanMove = Static<typeof PlanMove>;

/** What became of waking the devices of a step. */
export const StepNotified = answer({
  at: Timestamp,
  sent: Type.Boolean(),
  msg_id: Type.Optional(Type.String({ description: 'of the silent push' })),
  reason: Type.Optional(Type.String({ description: 'why nobody was told' })),
});
export type StepNotified = Static<typeof StepNotified>;

/** The plan of a release, and how far it came. */
export const ReleasePlan = answer({
  name: nullableString(),
  steps: Type.Array(answer(Step.properties)),
  window: nullable(answer(Window.properties)),
  notify: Type.Unsafe<'step' | 'none'>({ type: 'string', enum: ['step', 'none'] }),
  notified: nullable(StepNotified),
  state: Type.Unsafe<PlanState>({ type: 'string', enum: [...planStates] }),
  step: Type.Integer({ minimum: 0, description: 'index into `steps`' }),
  share: Type.Number({ description: 'percent of the step' }),
  message: Type.String({ description: 'one sentence: where it is, what it waits for, and when it will ask a person' }),
  waits_for: nullable(WaitsFor),
  asks_at: Type.Unsafe<string | null>({ ...NullableTimestamp, description: 'when it will ask a person' }),
  asked_at: Type.Unsafe<string | null>({ ...NullableTimestamp, description: 'since when it asks a person' }),
  question: nullableString({ description: 'what it asks, from asked_at on' }),
  reason: nullableString({ description: 'why it ended, or who paused it' }),
  started_at: Timestamp,
  step_entered_at: Timestamp,
  ended_at: NullableTimestamp,
  moves: Type.Array(PlanMove, { description: 'oldest first' }),
});
export type ReleasePlan = Static<typeof ReleasePlan>;

export const planActions = ['pause', 'resume', 'next', 'finish'] as const;
export type PlanAction = (typeof planActions)[number];
