// The files door: what uploads take and answer.
import { type Static, Type } from 'typebox';

export const uploadKinds = ['zip', 'encrypted', 'file'] as const;
export type UploadKind = (typeof uploadKinds)[number];

export const UploadDone = Type.Object(
  {
    sha256: Type.String(),
    size: Type.Integer(),
    crc32: Type.String({ description: '8 hex, of the bytes sent' }),
    existed: Type.Boolean({ description: 'the server held these bytes before' }),
  },
  { additionalProperties: false },
);
export type UploadDone = Static<typeof UploadDone>;

export const FindMissing = Type.Object({
  app_id: Type.String(),
  hashes: Type.Array(Type.String({ pattern: '^[0-9a-fA-F]{64}$' }), { maxItems: 10_000 }),
});
export type FindMissing = Static<typeof FindMissing>;

export const MissingHashes = Type.Object({ missing: Type.Array(Type.String()) }, { additionalProperties: false });
export type MissingHashes = Static<typeof MissingHashes>;
