// Freezes: times in which nothing new is released on a channel, or in a whole organization. What `/freeze` takes and answers.
import { type Static, Type } from 'typebox';
import {
  APP_ID_PATTERN,
  answer,
  Id,
  invalidAppId,
  nullableString,
  onlyKnown,
  refusal,
  Timestamp,
  Uuid,
} from './formats.ts';

export const Freeze = answer({
  id: Id,
  org_id: Uuid,
  app_id: nullableString({ description: 'null: of the whole organization' }),
  channel: nullableString(),
  name: Type.String(),
  from: Timestamp,
  to: Timestamp,
  reason: nullableString(),
  created_at: Timestamp,
  created_by: nullableString({ description: 'a person or a key' }),
});
export type Freeze = Static<typeof Freeze>;

export const FreezeList = answer({
  data: Type.Array(Freeze, { description: 'those that are not over, the next to begin first' }),
});
export type FreezeList = Static<typeof FreezeList>;

const appId = Type.Optional(Type.String({ pattern: APP_ID_PATTERN, maxLength: 155, 'x-invalid': invalidAppId }));
const channel = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const orgId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));

export const ListFreezes = Type.Object(
  { app_id: appId, channel, orgId },
  {
    ...onlyKnown,
    description: 'app_id: those that hold there, of its organization too; orgId: those of the organization',
  },
);
export type ListFreezes = Static<typeof ListFreezes>;

const time = (field: 'from' | 'to') =>
  Type.String({
    format: 'date-time',
    'x-missing': refusal(`missing_${field}`, `You must provide ${field}: a time, as in 2026-12-24T00:00:00Z`),
    'x-invalid': refusal(`invalid_${field}`, `${field} must be a time, as in 2026-12-24T00:00:00Z`),
  });

export const AddFreeze = Type.Object(
  {
    app_id: appId,
    channel,
    orgId,
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      'x-missing': refusal('missing_name', 'You must provide a name, by which the freeze is overridden'),
      'x-invalid': refusal('invalid_name', 'name must have 1 to 100 characters'),
    }),
    from: time('from'),
    to: time('to'),
    reason: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { ...onlyKnown, description: 'of a channel: app_id and channel; of an organization: orgId' },
);
export type AddFreeze = Static<typeof AddFreeze>;

export const RemoveFreeze = Type.Object(
  {
    freeze_id: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      'x-missing': refusal('missing_freeze_id', 'You must provide the freeze_id'),
      'x-invalid': refusal('invalid_freeze_id', 'freeze_id must be the id of a freeze'),
    }),
    app_id: appId,
    orgId,
  },
  { ...onlyKnown, description: 'where it is: app_id for one of a channel, orgId for one of an organization' },
);
export type RemoveFreeze = Static<typeof RemoveFreeze>;

/** Of calls that release something. */
export const OverrideFreeze = Type.Optional(
  Type.String({ maxLength: 100, description: 'name of the freeze that the caller overrides, with the right admin' }),
);
