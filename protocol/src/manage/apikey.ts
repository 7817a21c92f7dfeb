// API keys: what `/apikey` takes and answers.
import { type Static, Type } from 'typebox';
import { answer, Id, NullableTimestamp, nullableString, Page, refusal, Timestamp } from './formats.ts';

export const keyModes = ['read', 'upload', 'write', 'all'] as const;
export type KeyMode = (typeof keyModes)[number];

const row = {
  id: Id,
  created_at: Timestamp,
  updated_at: Timestamp,
  user_id: Type.String(),
  name: Type.String(),
  mode: Type.Unsafe<KeyMode>({ type: 'string' }),
  limited_to_apps: Type.Array(Type.String()),
  limited_to_orgs: Type.Array(Type.String()),
  expires_at: NullableTimestamp,
  rbac_id: Type.String(),
  is_hashed_key: Type.Boolean({ description: 'always true: only the SHA-256 of a key is stored' }),
  global_permissions: Type.Array(Type.String()),
};

export const ApiKey = answer(row);
export type ApiKey = Static<typeof ApiKey>;

/** A thousand keys a page. */
export const ListApiKeys = Type.Object({ page: Page });

export const ApiKeyList = Type.Array(ApiKey);

/** The only answers that carry the key itself: creation and regeneration. */
export const ApiKeyWithSecret = answer({
  ...row,
  key: Type.Optional(Type.String({ description: 'shown once, cannot be read again' })),
  key_hash: Type.Optional(nullableString()),
});
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>;
export type CreatedApiKey = ApiKeyWithSecret & { key: string; key_hash: string };

const invalidMode = refusal('invalid_mode', `Invalid mode, expected one of ${keyModes.join(', ')}`);
const Mode = Type.Optional(Type.Unsafe<KeyMode>({ enum: keyModes, 'x-invalid': invalidMode, 'x-late': true }));
const Expiry = Type.Optional(
  nullableString({
    'x-late': true,
    'x-invalid': refusal('invalid_expiration_date', 'Invalid expiration date format'),
  }),
);
const Limits = Type.Optional(
  Type.Unsafe<string[] | null>({ anyOf: [Type.Array(Type.String(), { maxItems: 1000 }), Type.Null()] }),
);
const GlobalPermissions = Type.Optional(
  Type.Array(Type.Unsafe<'org.create'>({ enum: ['org.create'] }), {
    maxItems: 10,
    'x-late': true,
    'x-invalid': refusal('invalid_global_permissions', 'Invalid global permissions'),
  }),
);

export const CreateApiKey = Type.Object({
  name: Type.String({
    maxLength: 200,
    'x-late': true,
    'x-missing': refusal('name_is_required', 'Name is required'),
    'x-invalid': refusal('name_is_required', 'Name is required'),
  }),
  mode: Mode,
  limited_to_apps: Limits,
  limited_to_orgs: Limits,
  org_id: Type.Optional(nullableString({ description: 'short for limited_to_orgs with one entry' })),
  app_id: Type.Optional(nullableString({ description: 'row id (uuid) of one app; short for limited_to_apps' })),
  expires_at: Expiry,
  hashed: Type.Optional(Type.Boolean({ description: 'accepted and ignored: keys are always stored hashed' })),
  global_permissions: GlobalPermissions,
});
export type CreateApiKey = Static<typeof CreateApiKey>;

export const UpdateApiKey = Type.Object({
  id: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'integer'] })),
  name: Type.Optional(
    Type.String({ maxLength: 200, 'x-invalid': refusal('name_must_be_a_string', 'Name must be a string') }),
  ),
  expires_at: Expiry,
  regenerate: Type.Optional(
    Type.Boolean({ 'x-invalid': refusal('regenerate_must_be_boolean', 'Regenerate must be a boolean') }),
  ),
  mode: Mode,
  limited_to_apps: Limits,
  limited_to_orgs: Limits,
  global_permissions: GlobalPermissions,
});
export type UpdateApiKey = Static<typeof UpdateApiKey>;

export const ApiKeyDeleted = answer({ status: Type.Literal('ok'), success: Type.Literal(true) });
export type ApiKeyDeleted = Static<typeof ApiKeyDeleted>;
