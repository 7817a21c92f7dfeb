// An organization may demand that its bundles are encrypted, and with which key.

import { getOrganization } from '../accounts/organizations.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';

interface Encryption {
  session_key?: string | null;
  key_id?: string | null;
}

/** Key ids are the first 20 or 21 characters of the public key, depending on the client. */
const COMPARED_LENGTH = 20;

export async function assertEncrypted(db: Db, org_id: string, { session_key, key_id }: Encryption): Promise<void> {
  const { enforce_encrypted_bundles, required_encryption_key: pinned } = await getOrganization(db, org_id);
  if (!enforce_encrypted_bundles) return;
  if (!session_key) {
    throw new AppError('encryption_required', 400, 'This organization accepts only encrypted bundles');
  }
  if (!pinned) return;
  if (!key_id) {
    throw new AppError('encryption_key_required', 400, 'This organization needs to know the encryption key');
  }
  if (key_id.slice(0, COMPARED_LENGTH) !== pinned.slice(0, COMPARED_LENGTH)) {
    throw new AppError(
      'encryption_key_mismatch',
      400,
      'The bundle is encrypted with another key than the required one',
    );
  }
}
