// A file that the server keeps by its content.

import type { UploadKind } from '@overair/protocol/files';

export interface StoredFile {
  path: string;
  digest: { sha256: string; bytes: number };
  kind: UploadKind;
}
