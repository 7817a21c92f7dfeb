// API keys: what `/apikey` takes and answers.
import { type Static, Type } from 'typebox';
import {
  answer,
  Id,
  NullableTimestamp,
  nullableString,
  onlyKnown,
  onlyKnownSettings,
  Page,
  refusal,
  Timestamp,
} from './formats.ts';

export const keyModes = ['read', 'upload', 'write', 'all'] as const;
export type KeyMode = (typeof keyModes)[number];

export const keyRoles = {
  org: ['org_member', 'org_admin', 'org_super_admin'],
  app: ['app_reader', 'app_uploader', 'app_developer', 'app_admin'],
  channel: ['channel_reader', 'channel_uploader', 'channel_developer', 'channel_admin'],
} as const;
export type KeyRole = (typeof keyRoles)[keyof typeof keyRoles][number];

const KeyBinding = Type.Object({
  role_name: Type.String(),
  scope_type: Type.Unsafe<keyof typeof keyRoles>({ type: 'string' }),
  org_id: Type.String(),
  app_id: nullableString({ description: 'row id (uuid) of the app' }),
  channel_id: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
  reason: nullableString(),
});
export type KeyBinding = Static<typeof KeyBinding>;

const row = {
  id: Id,
  created_at: Timestamp,
  updated_at: Timestamp,
  user_id: Type.String(),
  name: Type.String(),
  mode: Type.Unsafe<KeyMode | null>({ type: ['string', 'null'], description: 'null: the bindings say what it may' }),
  limited_to_apps: Type.Array(Type.String()),
  limited_to_orgs: Type.Array(Type.String()),
  limited_to_channels: Type.Array(Type.Integer({ description: 'channel ids' })),
  bindings: Type.Unsafe<KeyBinding[] | null>({ anyOf: [Type.Array(KeyBinding), Type.Null()] }),
  expires_at: NullableTimestamp,
  rbac_id: Type.String(),
  last_used_at: Type.Unsafe<string | null>({ ...NullableTimestamp, description: 'give or take a minute; null: never' }),
  last_used_ip: nullableString({ description: 'the address of that use' }),
  is_hashed_key: Type.Boolean({ description: 'always true: only the SHA-256 of a key is stored' }),
  global_permissions: Type.Array(Type.String()),
};

export const ApiKey = answer(row);
export type ApiKey = Static<typeof ApiKey>;

/** A thousand keys a page. */
export const ListApiKeys = Type.Object({ page: Page }, onlyKnown);

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
const Channels = Type.Optional(
  Type.Unsafe<(string | number)[] | null>({
    anyOf: [
      Type.Array(Type.Unsafe<string | number>({ type: ['string', 'integer'], maxLength: 200 }), { maxItems: 1000 }),
      Type.Null(),
    ],
    description: 'ids, or names of channels of the apps in limited_to_apps',
  }),
);

/** What a role may be bound to. Names are judged by the server, which answers those it does not know. */
export const KeyBindingRequest = Type.Object(
  {
    role_name: Type.String({ maxLength: 100, description: 'one of the roles of the scope' }),
    scope_type: Type.String({ maxLength: 100, description: 'org, app or channel' }),
    org_id: Type.Optional(nullableString({ maxLength: 64, description: 'needed for scope_type org' })),
    app_id: Type.Optional(nullableString({ maxLength: 155, description: 'row id (uuid) of the app, or its app id' })),
    channel_id: Type.Optional(
      Type.Unsafe<string | number | null>({
        type: ['string', 'integer', 'null'],
        maxLength: 200,
        description: 'id, or name beside app_id',
      }),
    ),
    reason: Type.Optional(nullableString({ maxLength: 1000 })),
  },
  onlyKnown,
);
export type KeyBindingRequest = Static<typeof KeyBindingRequest>;

const Bindings = Type.Optional(
  Type.Array(KeyBindingRequest, {
    maxItems: 100,
    'x-late': true,
    'x-invalid': refusal('invalid_bindings', 'Invalid bindings'),
  }),
);
const GlobalPermissions = Type.Optional(
  Type.Array(Type.Unsafe<'org.create'>({ enum: ['org.create'] }), {
    maxItems: 10,
    'x-late': true,
    'x-invalid': refusal('invalid_global_permissions', 'Invalid global permissions'),
  }),
);

export const CreateApiKey = Type.Object(
  {
    name: Type.String({
      maxLength: 200,
      'x-late': true,
      'x-missing': refusal('name_is_required', 'Name is required'),
      'x-invalid': refusal('name_is_required', 'Name is required'),
    }),
    mode: Mode,
    limited_to_apps: Limits,
    limited_to_orgs: Limits,
    limited_to_channels: Channels,
    bindings: Bindings,
    org_id: Type.Optional(nullableString({ description: 'short for limited_to_orgs with one entry' })),
    app_id: Type.Optional(nullableString({ description: 'row id (uuid) of one app; short for limited_to_apps' })),
    expires_at: Expiry,
    hashed: Type.Optional(Type.Boolean({ description: 'accepted and ignored: keys are always stored hashed' })),
    global_permissions: GlobalPermissions,
  },
  onlyKnown,
);
export type CreateApiKey = Static<typeof CreateApiKey>;

export const UpdateApiKey = Type.Object(
  {
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
    limited_to_channels: Channels,
    bindings: Bindings,
    global_permissions: GlobalPermissions,
  },
  onlyKnownSettings(refusal('no_valid_fields_provided_for_update', 'No valid fields provided for update'), ['id']),
);
export type UpdateApiKey = Static<typeof UpdateApiKey>;

export const ApiKeyDeleted = answer({ status: Type.Literal('ok'), success: Type.Literal(true) });
export type ApiKeyDeleted = Static<typeof ApiKeyDeleted>;
