// What an upload says of itself, in a query or in TUS metadata.

import { type UploadKind, uploadKinds } from '@overair/protocol/files';
import { AppError } from '../../errors.ts';

type Said = Readonly<Record<string, unknown>>;

/** Throws `invalid_kind` or `invalid_sha256`. Hex digits may come in either case. */
export function parseDeclared({ kind, sha256 }: Said): { kind: UploadKind; sha256: string } {
  const known = uploadKinds.find((one) => one === kind);
  if (known === undefined) throw new AppError('invalid_kind', 400, `kind must be one of ${uploadKinds.join(', ')}`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new AppError('invalid_sha256', 400, 'sha256 must be the 64 hex digits of the SHA-256 of the body');
  }
  return { kind: known, sha256: sha256.toLowerCase() };
}
