// Columns that the server keeps about itself.

import type { Generated } from 'kysely';

export interface SecretFingerprintsTable {
  fingerprint: string;
  first_used_at: Generated<Date>;
  last_used_at: Generated<Date>;
}
