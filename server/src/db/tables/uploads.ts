// Rows of resumable uploads.

import type { Generated } from 'kysely';
import type { GeneratedTimestamp } from './accounts.ts';
import type { ObjectKind } from './releases.ts';

export interface UploadsTable {
  id: string;
  app_uuid: string;
  kind: ObjectKind;
  sha256: string;
  size: number;
  received: Generated<number>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface UploadPartsTable {
  upload_id: string;
  first_byte: number;
  blob_key: string;
}
