// Bundles: what `/bundle` takes and answers.
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
import { OverrideFreeze } from './freeze.ts';

/** One native dependency of the app that built the bundle, as the CLI read it. */
export const NativePackage = Type.Object(
  { name: Type.String(), version: Type.String() },
  { additionalProperties: true },
);
export type NativePackage = Static<typeof NativePackage>;

export const Bundle = answer({
  id: Id,
  created_at: Timestamp,
  app_id: Type.String(),
  name: Type.String(),
  updated_at: Timestamp,
  deleted: Type.Boolean(),
  deleted_at: NullableTimestamp,
  external_url: nullableString(),
  checksum: nullableString(),
  session_key: nullableString(),
  key_id: nullableString(),
  storage_provider: Type.String({ description: '"r2" when this server holds the bytes, otherwise "external"' }),
  min_update_version: nullableString(),
  minUpdateVersion: nullableString({ description: 'the same as min_update_version' }),
  native_packages: Type.Unsafe<NativePackage[] | null>({
    type: ['array', 'null'],
    items: { type: 'object', additionalProperties: true },
  }),
  owner_org: Uuid,
  user_id: nullableString(),
  r2_path: nullableString({ description: 'SHA-256 of the stored zip' }),
  manifest: Type.Null({ description: 'kept for clients that expect the field' }),
  manifest_count: Type.Integer(),
  link: nullableString(),
  comment: nullableString(),
  cli_version: nullableString(),
  size: Type.Integer({ description: 'bytes this server stores for the bundle; 0 for external ones' }),
  checksum_v2: nullableString(),
  crc32: nullableString(),
  created_by_apikey_rbac_id: nullableString(),
});
export type Bundle = Static<typeof Bundle>;

export const BundleList = Type.Array(Bundle);

export const ListBundles = Type.Object(
  {
    app_id: appIdField(),
    page: Page,
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'only the bundle of this name' })),
    before: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'only bundles older than this one, by id' }),
    ),
  },
  onlyKnown,
);
export type ListBundles = Static<typeof ListBundles>;

const SHA256_HEX = '^[0-9a-fA-F]{64}$';
const Url = { maxLength: 4096 };
const Text = { maxLength: 10_000 };

export const ManifestFile = Type.Object({
  file_name: Type.String({
    minLength: 1,
    maxLength: 1024,
    description: 'path inside the bundle; ends in .br when Brotli',
  }),
  file_hash: Type.String({
    minLength: 1,
    maxLength: 1024,
    description: 'of the clear file: 64 hex, or its V3 ciphertext',
  }),
  file_hash_v2: Type.Optional(nullableString({ maxLength: 1024 })),
  sha256: Type.String({ pattern: SHA256_HEX, description: 'of the stored object' }),
  size: Type.Integer({ minimum: 0, description: 'bytes of the stored object' }),
});
export type ManifestFile = Static<typeof ManifestFile>;

const missing = (name: string) => refusal(`missing_${name}`, `Missing required fields: ${name}`);

const LeastVersion = {
  maxLength: 256,
  description: 'the oldest native version that can run the bundle, written like `version`',
  'x-alias': 'minUpdateVersion',
  'x-invalid': refusal('invalid_min_update_version', 'min_update_version must be text of at most 256 characters'),
};

/** One of `external_url`, `upload` and `manifest` is needed; bytes are uploaded through the files door before. */
export const CreateBundle = Type.Object({
  app_id: appIdField(missing('app_id')),
  version: Type.Optional(
    Type.String({
      maxLength: 256,
      description: 'semver 2.0 without a leading v, each number at most 9007199254740991; needed, unless bump is given',
      'x-invalid': refusal('invalid_version_format', 'version must be text of at most 256 characters'),
    }),
  ),
  bump: Type.Optional(
    Type.Unsafe<'major' | 'minor' | 'patch'>({
      enum: ['major', 'minor', 'patch'],
      description:
        'instead of version: the server takes the next one above every name that the app ever had, deleted ones too',
    }),
  ),
  above: Type.Optional(
    Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 100,
      description: 'with bump: versions to stay above besides, such as those of the apps in the stores',
    }),
  ),
  external_url: Type.Optional(nullableString({ ...Url })),
  upload: Type.Optional(nullableString({ pattern: SHA256_HEX })),
  manifest: Type.Optional(Type.Array(ManifestFile, { maxItems: 20_000 })),
  checksum: Type.Optional(nullableString({ maxLength: 1024 })),
  checksum_v2: Type.Optional(nullableString({ maxLength: 1024 })),
  crc32: Type.Optional(nullableString({ pattern: '^[0-9a-fA-F]{1,8}$' })),
  session_key: Type.Optional(nullableString({ maxLength: 2048 })),
  key_id: Type.Optional(nullableString({ maxLength: 64 })),
  min_update_version: Type.Optional(nullableString(LeastVersion)),
  native_packages: Type.Optional(
    Type.Unsafe<NativePackage[] | null>({ anyOf: [Type.Array(NativePackage, { maxItems: 5000 }), Type.Null()] }),
  ),
  link: Type.Optional(nullableString(Text)),
  comment: Type.Optional(nullableString(Text)),
  cli_version: Type.Optional(nullableString({ maxLength: 64 })),
});
export type CreateBundle = Static<typeof CreateBundle>;

export const BundleCreated = answer({ status: Type.Literal('success'), bundle: Bundle });
export type BundleCreated = Static<typeof BundleCreated>;

const missingFields = refusal('missing_required_fields', 'Missing required fields');
const appIdOfSeveral = appIdField(missingFields);

export const SetBundle = Type.Object({
  app_id: appIdOfSeveral,
  version_id: Type.Integer({ 'x-missing': missingFields, 'x-invalid': missingFields }),
  channel_id: Type.Integer({ 'x-missing': missingFields, 'x-invalid': missingFields }),
  override_freeze: OverrideFreeze,
});
export type SetBundle = Static<typeof SetBundle>;

export const BundleSet = answer({ status: Type.Literal('success'), message: Type.String() });
export type BundleSet = Static<typeof BundleSet>;

export const UpdateBundleMetadata = Type.Object({
  app_id: appIdOfSeveral,
  version_id: Type.Integer({ 'x-missing': missingFields, 'x-invalid': missingFields }),
  link: Type.Optional(nullableString(Text)),
  comment: Type.Optional(nullableString(Text)),
  min_update_version: Type.Optional(nullableString(LeastVersion)),
});
export type UpdateBundleMetadata = Static<typeof UpdateBundleMetadata>;

/** Without `version` every bundle that no channel uses is deleted. */
export const DeleteBundle = Type.Object({
  app_id: appIdField(),
  version: Type.Optional(Type.String({ maxLength: 256 })),
});
export type DeleteBundle = Static<typeof DeleteBundle>;
