// The last step of every upload: the bytes are what was declared, a device could use them, and they are stored.

import { rm } from 'node:fs/promises';
import type { UploadDone, UploadKind } from '@overair/protocol/files';
import { storeObject } from '../../blobs/stored-objects.ts';
import { AppError } from '../../errors.ts';
import type { Parts } from '../../wiring.ts';
import type { Received } from './receive.ts';
import { assertInstallableZip } from './zip-check.ts';

interface Declared {
  app_uuid: string;
  kind: UploadKind;
  sha256: string;
}

/** Throws `checksum_mismatch` or `invalid_zip`. The file stays the caller's. */
export async function admitFile(
  { database, blobs }: Pick<Parts, 'database' | 'blobs'>,
  { app_uuid, kind, sha256 }: Declared,
  path: string,
  received: Received,
): Promise<UploadDone> {
  if (received.sha256 !== sha256) {
    const moreInfo = { declared: sha256, received: received.sha256 };
    throw new AppError('checksum_mismatch', 400, 'The bytes that came are not those that were declared', moreInfo);
  }
  if (kind === 'zip') await assertInstallableZip(path);
  const { existed } = await storeObject(database.db, blobs, { app_uuid, kind, ...received }, path);
  return { ...received, existed };
}

/** Hands out a path for a file on its way, and removes what is there afterwards. */
export async function withScratchFile<T>(
  { blobs }: Pick<Parts, 'blobs'>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = blobs.scratch.newPath();
  try {
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
