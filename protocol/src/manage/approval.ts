// Approvals: changes that wait for a second person. What `/approval` takes and answers.
import { type Static, Type } from 'typebox';
import {
  answer,
  appIdField,
  Id,
  NullableTimestamp,
  nullableString,
  onlyKnown,
  Page,
  refusal,
  Timestamp,
  Uuid,
} from './formats.ts';
import { type MovingCall, movingCalls, Rehearsal } from './rehearsal.ts';

/** `expired` is waiting past its time. */
export const approvalStates = ['waiting', 'approved', 'refused', 'withdrawn', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

export const Approval = answer({
  id: Id,
  org_id: Uuid,
  app_id: Type.String(),
  call: Type.Unsafe<MovingCall>({ type: 'string', enum: [...movingCalls] }),
  input: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  note: nullableString(),
  state: Type.Unsafe<ApprovalState>({ type: 'string', enum: [...approvalStates] }),
  requested_by: Type.String({ description: 'a person by their e-mail address, whichever key they used' }),
  is_own: Type.Boolean({ description: 'the caller is the person who asked, and cannot approve' }),
  created_at: Timestamp,
  expires_at: Timestamp,
  answered_by: nullableString(),
  answered_at: NullableTimestamp,
  answer_note: nullableString(),
  rehearsal: Type.Unsafe<Rehearsal>({ ...Rehearsal, description: 'as of when it was asked for' }),
});
export type Approval = Static<typeof Approval>;

export const ApprovalPage = answer({ data: Type.Array(Approval) });
export type ApprovalPage = Static<typeof ApprovalPage>;

export const RequestApproval = Type.Object(
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
    note: Type.Optional(Type.String({ maxLength: 1000, description: 'for whoever is to approve it' })),
    hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 168,
        description: 'how long it waits; 24 unless told',
        'x-invalid': refusal('invalid_hours', 'hours must be an integer between 1 and 168'),
      }),
    ),
  },
  onlyKnown,
);
export type RequestApproval = Static<typeof RequestApproval>;

export const ListApprovals = Type.Object(
  {
    app_id: appIdField(),
    state: Type.Optional(
      Type.Unsafe<'waiting' | 'all'>({ enum: ['waiting', 'all'], description: 'waiting unless told' }),
    ),
    page: Page,
  },
  onlyKnown,
);
export type ListApprovals = Static<typeof ListApprovals>;

const approvalId = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  'x-missing': refusal('missing_approval_id', 'You must provide the approval_id'),
  'x-invalid': refusal('invalid_approval_id', 'approval_id must be the id of a request'),
});

export const GetApproval = Type.Object({ app_id: appIdField(), approval_id: approvalId }, onlyKnown);
export type GetApproval = Static<typeof GetApproval>;

export const approvalAnswers = ['approve', 'refuse', 'withdraw'] as const;
export type ApprovalAnswer = (typeof approvalAnswers)[number];

export const AnswerApproval = Type.Object(
  {
    app_id: appIdField(),
    approval_id: approvalId,
    answer: Type.Unsafe<ApprovalAnswer>({
      enum: [...approvalAnswers],
      description: 'approve: the change is made as it was reviewed; withdraw: by who asked for it',
      'x-missing': refusal('missing_answer', `You must provide an answer: ${approvalAnswers.join(', ')}`),
      'x-invalid': refusal('invalid_answer', `answer must be one of ${approvalAnswers.join(', ')}`),
    }),
    note: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  onlyKnown,
);
export type AnswerApproval = Static<typeof AnswerApproval>;

export const ApprovalAnswered = answer({
  approval: Approval,
  answer: Type.Unsafe<Record<string, unknown> | null>({
    anyOf: [{ type: 'object', additionalProperties: true }, { type: 'null' }],
    description: 'of the plain call, where it was made',
  }),
});
export type ApprovalAnswered = Static<typeof ApprovalAnswered>;
