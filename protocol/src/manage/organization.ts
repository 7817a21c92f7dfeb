// Organizations: what `/organization` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, nullableString, onlyKnown, Page, refusal, Timestamp, Uuid } from './formats.ts';
import { organizationSettings } from './organization-settings.ts';
import { answerFields, inputFields } from './setting-schemas.ts';

const shared = {
  id: Uuid,
  created_by: nullableString({ format: 'uuid' }),
  created_at: Timestamp,
  updated_at: Timestamp,
  logo: nullableString(),
  name: Type.String(),
  management_email: Type.String(),
  customer_id: Type.Null({ description: 'a billing number; always null here' }),
  website: nullableString(),
};

export const Organization = answer(shared);
export type Organization = Static<typeof Organization>;

export const OrganizationOrList = Type.Unsafe<Organization | Organization[]>({
  anyOf: [Organization, Type.Array(Organization)],
});

const PasswordPolicy = Type.Object({
  enabled: Type.Boolean(),
  min_length: Type.Integer({ minimum: 6, maximum: 72 }),
  require_uppercase: Type.Boolean(),
  require_number: Type.Boolean(),
  require_special: Type.Boolean(),
});
export type PasswordPolicy = Static<typeof PasswordPolicy>;

export const OrganizationSettings = answer({
  ...shared,
  password_policy_config: Type.Unsafe<PasswordPolicy | null>({ type: ['object', 'null'], additionalProperties: true }),
  ...answerFields(organizationSettings),
});
export type OrganizationSettings = Static<typeof OrganizationSettings>;

export const ListOrganizations = Type.Object({ orgId: Type.Optional(Type.String()), page: Page }, onlyKnown);
export type ListOrganizations = Static<typeof ListOrganizations>;

export const GetOrganizationSettings = Type.Object({ orgId: Type.String({ minLength: 1 }) }, onlyKnown);

export const CreateOrganization = Type.Object({
  name: Type.String({ minLength: 3, maxLength: 200 }),
  email: Type.Optional(Type.String({ pattern: '^[^\\s@]+@[^\\s@]+$', maxLength: 320 })),
  website: Type.Optional(nullableString({ maxLength: 2048 })),
  estimatedMau: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  intent: Type.Optional(
    Type.Unsafe<'ota' | 'builder' | 'both' | 'exploring' | 'unknown'>({
      enum: ['ota', 'builder', 'both', 'exploring', 'unknown'],
    }),
  ),
});
export type CreateOrganization = Static<typeof CreateOrganization>;

export const OrganizationCreated = answer({ id: Uuid });
export type OrganizationCreated = Static<typeof OrganizationCreated>;

export const UpdateOrganization = Type.Object({
  orgId: Type.String(),
  name: Type.Optional(Type.String({ maxLength: 200 })),
  logo: Type.Optional(nullableString({ maxLength: 2048 })),
  website: Type.Optional(nullableString({ maxLength: 2048 })),
  management_email: Type.Optional(Type.String({ pattern: '^[^\\s@]+@[^\\s@]+$', maxLength: 320 })),
  ...inputFields(organizationSettings, { nullKeeps: true }),
  password_policy_config: Type.Optional(Type.Unsafe<PasswordPolicy | null>({ anyOf: [PasswordPolicy, Type.Null()] })),
});
export type UpdateOrganization = Static<typeof UpdateOrganization>;

export const OrganizationUpdated = answer({
  status: Type.Literal('Organization updated'),
  id: Uuid,
  data: OrganizationSettings,
});
export type OrganizationUpdated = Static<typeof OrganizationUpdated>;

export const DeleteOrganization = Type.Object({
  orgId: Type.String({ 'x-missing': refusal('missing_org_id', 'Missing orgId') }),
});
export type DeleteOrganization = Static<typeof DeleteOrganization>;
