// What needs somebody: what `/attention` takes and answers.
import { type Static, Type } from 'typebox';
import {
  APP_ID_PATTERN,
  answer,
  invalidAppId,
  NullableTimestamp,
  nullableString,
  onlyKnown,
  refusal,
  Timestamp,
} from './formats.ts';

/** The most urgent first: among matters of one severity the list keeps this order. */
export const attentionKinds = [
  'guard_acted',
  'release_failing',
  'bundle_withheld',
  'plan_asks',
  'downloads_failing',
  'number_away',
  'silent_fleet',
  'credential_refused',
  'changes_unheard',
  'queue_behind',
  'disk',
  'approval_waits',
] as const;
export type AttentionKind = (typeof attentionKinds)[number];

/** `critical`: phones are concerned now. `warning`: they will be. `notice`: nothing breaks, and somebody waits. */
export const attentionSeverities = ['critical', 'warning', 'notice'] as const;
export type AttentionSeverity = (typeof attentionSeverities)[number];

export const Matter = answer({
  id: Type.String({ description: 'stays the same for as long as the matter lasts' }),
  kind: Type.Unsafe<AttentionKind>({ type: 'string', description: attentionKinds.join(', ') }),
  severity: Type.Unsafe<AttentionSeverity>({ type: 'string', enum: [...attentionSeverities] }),
  org_id: nullableString({ description: 'null: it is about the server' }),
  app_id: nullableString(),
  channel: nullableString(),
  message: Type.String({ description: 'one sentence' }),
  since: Timestamp,
  command: nullableString({ description: 'what to do about it, on the command line' }),
  link: Type.String({ description: 'the page of the console about it, below the public address' }),
  acknowledged_at: NullableTimestamp,
  acknowledged_by: nullableString(),
});
export type Matter = Static<typeof Matter>;

export const Attention = answer({
  status: Type.Unsafe<'ok' | 'attention'>({
    type: 'string',
    enum: ['ok', 'attention'],
    description: 'ok: nothing needs the caller. What is acknowledged does not count',
  }),
  message: Type.String({ description: 'does anything need me? In one sentence' }),
  total: Type.Integer({ description: 'matters that were found, at most 200 of a kind; the list ends at 200' }),
  data: Type.Array(Matter, { description: 'the most urgent first' }),
});
export type Attention = Static<typeof Attention>;

export const ReadAttention = Type.Object(
  { app_id: Type.Optional(Type.String({ pattern: APP_ID_PATTERN, maxLength: 155, 'x-invalid': invalidAppId })) },
  onlyKnown,
);
export type ReadAttention = Static<typeof ReadAttention>;

export const AcknowledgeMatter = Type.Object(
  {
    id: Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'of a matter in the list',
      'x-missing': refusal('missing_id', 'You must provide the id of a matter'),
    }),
  },
  onlyKnown,
);
export type AcknowledgeMatter = Static<typeof AcknowledgeMatter>;
